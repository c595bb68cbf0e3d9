import { html } from "lit-html";
import { show } from "../dom/show.js";
import { area } from "../parts/area.js";
import { axis } from "../parts/axis.js";

export const showProfile = (walk, { units }) => {
  show("profile", html`<svg viewBox="0 0 400 110" role="img" aria-label="Height along the walk">
    ${area(walk)} ${axis(walk, units)}
  </svg>`);
};
