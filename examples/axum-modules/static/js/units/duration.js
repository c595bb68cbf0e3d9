import { split } from "./split.js";

export const duration = (minutes) => {
  const [hours, rest] = split(minutes);
  return `${hours} h ${rest} min`;
};
