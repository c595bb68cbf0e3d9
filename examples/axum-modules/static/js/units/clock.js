import { split } from "./split.js";
import { padded } from "../core/padded.js";

export const clock = (minutes) => split(minutes % 1440).map(padded).join(":");

export const minutesOf = (text) => {
  const [hours, minutes] = text.split(":").map(Number);
  return hours * 60 + minutes;
};
