import { whole } from "./whole.js";

export const height = (metres, units) =>
  units === "imperial" ? `${whole(metres / 0.3048)} ft` : `${whole(metres)} m`;
