import { svg } from "lit-html";
import { distance } from "../units/distance.js";

export const axis = ({ length }, units) => svg`<text class="axis" x="400" y="109" text-anchor="end">
  ${distance(length, units)}
</text>`;
