export const distance = (kilometres, units) =>
  units === "imperial" ? `${(kilometres / 1.609).toFixed(1)} mi` : `${kilometres.toFixed(1)} km`;
