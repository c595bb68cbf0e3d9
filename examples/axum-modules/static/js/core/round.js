export const round = (number) => Math.round(number);
