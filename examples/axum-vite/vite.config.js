export default {
    base: "./",
    build: {
        manifest: true,
        outDir: "dist/vite",
        rolldownOptions: { input: "frontend/main.ts" },
    },
    server: { origin: "http://localhost:5173", strictPort: true },
};
