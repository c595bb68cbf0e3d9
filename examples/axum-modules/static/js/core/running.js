// The running totals of a list.
export const running = (numbers) => {
  let total = 0;
  return numbers.map((number) => (total += number));
};
