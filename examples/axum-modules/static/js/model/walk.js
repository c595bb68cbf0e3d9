import { naismith } from "./naismith.js";
import { profile } from "./profile.js";
import { running } from "../core/running.js";

// Adds the times of arrival to the stages.
export const planned = (stages, { start, pace }) => {
  const minutes = running(stages.map((stage) => naismith(stage, pace)));
  const { distances, heights } = profile(stages);
  return {
    stages: stages.map((stage, i) => ({ ...stage, arrival: start + minutes[i] })),
    minutes: minutes.at(-1),
    end: start + minutes.at(-1),
    length: distances.at(-1),
    distances,
    heights,
  };
};
