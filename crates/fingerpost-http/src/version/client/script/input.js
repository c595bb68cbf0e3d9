// Input that a reload would discard.

import { on } from './page.js';
import { cancelReload } from './reload.js';

const FIELDS = 'input,textarea,select';

/**
 * The last input into each field, and the original content of other elements: `contenteditable`, custom elements.
 *
 * @type {Map<any, string>}
 */
const typed = new Map();

/**
 * Sent values by field name, without passwords.
 *
 * @type {Map<string, string>}
 */
const sent = new Map();

/** @returns {any[]} */
const fields = () => [...document.querySelectorAll(FIELDS)];

/** @param {any} element */
const content = ({ options, value, textContent, checked }) =>
  options
    ? [...options].map((option) => option.value + option.selected).join()
    : (value ?? textContent) + checked;

/** Returns whether a field differs from its initial state, or an editable element from its original content. */
export const hasInput = () =>
  [...fields(), ...typed.keys()].some((element) => element.isConnected && isInput(element));

/** Records the values of a form that is sent. */
export function rememberSent() {
  for (const field of fields()) {
    if (field.type !== 'password' && isInput(field)) sent.set(field.name, content(field));
  }
}

/** Deletes the sent values after a navigation. */
export const forgetSent = () => sent.clear();

/** @param {any} element */
function isInput(element) {
  const now = content(element);
  const last = typed.get(element);
  if (!element.matches?.(FIELDS)) return now !== last;
  const initial = content(resetCopy(element));
  const lastSent = sent.get(element.name);
  // Rich text editors empty a hidden `textarea`.
  const isEditorField = element.localName === 'textarea' && ![undefined, now, lastSent].includes(last);
  // After a validation error the form has the sent values again. A partially typed date is bad input.
  return now !== initial || initial === lastSent || isEditorField || element.validity.badInput;
}

/**
 * Returns a copy of the field as after a reset of its form. In the document of a `template`, custom elements are inert.
 *
 * @param {Element} element
 */
function resetCopy(element) {
  const { ownerDocument } = document.createElement('template').content;
  const form = document.createElement('form');
  const copy = form.appendChild(ownerDocument.importNode(element, true));
  // A field may be named `reset`.
  HTMLFormElement.prototype.reset.call(form);
  return copy;
}

/** @param {Event} event */
function recordInput(event) {
  const [target] = /** @type {any[]} */ (event.composedPath());
  cancelReload();
  if (event.type === 'input' ? target.matches?.(FIELDS) : !typed.has(target)) typed.set(target, content(target));
  for (const element of typed.keys()) if (!element.isConnected) typed.delete(element);
}

export function watchInput() {
  on('beforeinput', recordInput, true);
  on('input', recordInput, true);
}
