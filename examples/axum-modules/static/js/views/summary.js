import { html } from "lit-html";
import { show } from "../dom/show.js";
import { clock } from "../units/clock.js";
import { duration } from "../units/duration.js";
import { distance } from "../units/distance.js";

export const showSummary = (walk, { units }) => {
  show("summary", html`<p>
    ${distance(walk.length, units)} in ${duration(walk.minutes)}, home at <strong>${clock(walk.end)}</strong>.
  </p>`);
};
