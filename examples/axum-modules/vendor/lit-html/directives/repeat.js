// A stand-in for lit-html/directives/repeat.js, which also keeps the elements of moved items.
export const repeat = (items, key, template) => [...items].map(template);
