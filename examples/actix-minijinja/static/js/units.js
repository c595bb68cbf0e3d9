const KM_PER_MILE = 1.609344;

export const other = (unit) => (unit === 'km' ? 'miles' : 'km');

export function distance(km, unit) {
  return unit === 'km' ? `${km} km` : `${(km / KM_PER_MILE).toFixed(1)} miles`;
}
