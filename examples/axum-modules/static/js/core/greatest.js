export const greatest = (numbers) => Math.max(...numbers);
