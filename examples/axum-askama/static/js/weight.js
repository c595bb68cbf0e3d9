export function weight(grams) {
  const sum = grams.reduce((sum, item) => sum + item, 0);
  return sum < 1000 ? `${sum} g` : `${(sum / 1000).toFixed(2)} kg`;
}
