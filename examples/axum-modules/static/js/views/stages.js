import { html } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { show } from "../dom/show.js";
import { row } from "../parts/row.js";
import { heading } from "../parts/heading.js";

export const showStages = (walk, { units }) => {
  const rows = repeat(walk.stages, (stage) => stage.to, (stage) => row(stage, units));
  show("stages", html`<table>
    <thead>${heading()}</thead>
    <tbody>${rows}</tbody>
  </table>`);
};
