import "./app.css";
import { elevations } from "./elevations";

const button = document.querySelector("button")!;
button.title = `${elevations().length} huts`;
button.addEventListener("click", async () => {
    // Vite makes a separate chunk with a separate style sheet. The first click loads both files.
    const { showProfile } = await import("./profile");
    showProfile(document.querySelector("#profile")!);
});
