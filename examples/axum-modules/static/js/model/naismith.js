import { round } from "../core/round.js";

// Naismith's rule: the time on the flat, and an hour for each 600 m of ascent.
export const naismith = ({ length, ascent }, pace) => round((length / pace + ascent / 600) * 60);
