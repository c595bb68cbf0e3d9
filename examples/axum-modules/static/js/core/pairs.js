export const pairs = (one, other) => one.map((value, i) => [value, other[i]]);
