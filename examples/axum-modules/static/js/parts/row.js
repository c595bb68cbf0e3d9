import { html } from "lit-html";
import { distance } from "../units/distance.js";
import { height } from "../units/height.js";
import { clock } from "../units/clock.js";

export const row = (stage, units) => html`<tr>
  <td>${stage.to}</td>
  <td>${distance(stage.length, units)}</td>
  <td>${height(stage.ascent, units)}</td>
  <td>${clock(stage.arrival)}</td>
</tr>`;
