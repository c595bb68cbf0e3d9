// Builds projects with one version of Vite: `node build.mjs VITE PROJECT…`. VITE is the directory of the package. Each
// project has its configuration in `vite.json`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [vite, ...projects] = process.argv.slice(2);
const { build } = await import(pathToFileURL(join(vite, "dist/node/index.js")));
for (const root of projects) {
    const config = JSON.parse(readFileSync(join(root, "vite.json"), "utf8"));
    await build({ root, configFile: false, logLevel: "error", ...config });
}
