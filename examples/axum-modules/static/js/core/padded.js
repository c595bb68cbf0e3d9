export const padded = (number) => String(number).padStart(2, "0");
