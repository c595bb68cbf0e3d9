import "./profile.css";
import { elevations } from "./elevations";

/** Shows one bar for each hut. */
export function showProfile(parent: Element): void {
    const all = elevations();
    const highest = Math.max(...all);
    parent.replaceChildren(
        ...all.map((elevation) => {
            const bar = document.createElement("div");
            bar.className = "bar";
            bar.style.height = `${(100 * elevation) / highest}%`;
            return bar;
        }),
    );
}
