import { round } from "../core/round.js";

// Splits minutes into hours and minutes.
export const split = (minutes) => [Math.floor(round(minutes) / 60), round(minutes) % 60];
