import { round } from "../core/round.js";

export const whole = (number) => round(number).toLocaleString("en");
