import { numberOf, textOf } from "../dom/field.js";
import { minutesOf } from "../units/clock.js";

export const settingsOf = (form) => ({
  start: minutesOf(textOf(form, "start") || "00:00"),
  pace: numberOf(form, "pace"),
  units: textOf(form, "units"),
});
