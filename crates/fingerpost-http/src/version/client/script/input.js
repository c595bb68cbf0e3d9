// Input that a reload would discard.

import { on } from './page.js';

const FIELDS = 'input,textarea,select';

/**
 * The content of each field and editable element before the first and after the last input.
 *
 * @type {Map<any, { firstContent?: string, lastContent?: string }>}
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
const content = ({ localName, options, value, textContent, checked }) =>
  localName === 'select'
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
  const { firstContent: before = now, lastContent: last = now } = typed.get(element) ?? {};
  if (now !== before) return true;
  if (!element.matches?.(FIELDS)) return false;
  const initial = content(resetCopy(element));
  const lastSent = sent.get(element.name);
  // Rich text editors empty a hidden `textarea`.
  const isEditorField = element.localName === 'textarea' && ![now, lastSent].includes(last);
  // After a validation error the form has the sent values again. A partially typed date is bad input.
  return now !== initial || initial === lastSent || isEditorField || element.validity?.badInput;
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
  const values = typed.get(target) ?? {};
  if (event.type === 'input') values.lastContent = content(target);
  else values.firstContent ??= content(target);
  typed.set(target, values);
  for (const element of typed.keys()) if (!element.isConnected) typed.delete(element);
}

export function watchInput() {
  on('beforeinput', recordInput, true);
  on('input', recordInput, true);
}
