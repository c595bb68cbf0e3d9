// A stand-in for lit-html/directives/repeat.js. Only the original preserves the elements of moved items.
export const repeat = (items, key, template) => [...items].map(template);
