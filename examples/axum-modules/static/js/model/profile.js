import { running } from "../core/running.js";

const VALLEY = 90;

// The distance from the start and the height at the end of each stage.
export const profile = (stages) => ({
  distances: [0, ...running(stages.map(({ length }) => length))],
  heights: [VALLEY, ...running(stages.map(({ ascent, descent }) => ascent - descent)).map((high) => high + VALLEY)],
});
