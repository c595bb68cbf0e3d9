// A stand-in for lit-html, with the functions that this site uses. `vendor.sh` replaces this file with the package.

const MARK = Symbol("template");
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const html = (strings, ...values) => ({ [MARK]: true, strings, values });
export const svg = html;

const markup = (value) => {
  if (value?.[MARK]) {
    return value.strings.reduce((text, string, i) => text + markup(value.values[i - 1]) + string);
  }
  if (Array.isArray(value)) {
    return value.map(markup).join("");
  }
  return String(value ?? "").replace(/[&<>"']/g, (character) => ESCAPES[character]);
};

export const render = (template, container) => {
  container.innerHTML = markup(template);
};
