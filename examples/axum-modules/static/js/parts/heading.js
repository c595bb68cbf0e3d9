import { html } from "lit-html";

export const heading = () => html`<tr><th>To</th><th>Distance</th><th>Ascent</th><th>Arrival</th></tr>`;
