import "./app.css";
import { elevations } from "./elevations";

const button = document.querySelector("button")!;
button.title = `${elevations().length} huts`;
button.addEventListener("click", async () => {
    // A chunk of its own, with its own style sheet, which is loaded at the first click.
    const { showProfile } = await import("./profile");
    showProfile(document.querySelector("#profile")!);
});
