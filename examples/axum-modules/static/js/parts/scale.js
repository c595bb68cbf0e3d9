import { round } from "../core/round.js";
import { greatest } from "../core/greatest.js";

export const scale = ({ length, heights }) => {
  const top = greatest(heights);
  return { x: (far) => round((far / length) * 400), y: (high) => round(100 - (high / top) * 90) };
};
