import { svg } from "lit-html";
import { points } from "./points.js";

export const area = (walk) => {
  const line = points(walk).map(({ x, y }) => `${x},${y}`).join(" ");
  return svg`<polygon class="area" points="0,100 ${line} 400,100"></polygon>`;
};
