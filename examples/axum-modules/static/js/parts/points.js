import { scale } from "./scale.js";
import { pairs } from "../core/pairs.js";

// The points of the profile in the coordinates of the drawing.
export const points = (walk) => {
  const { x, y } = scale(walk);
  return pairs(walk.distances, walk.heights).map(([far, high]) => ({ x: x(far), y: y(high) }));
};
