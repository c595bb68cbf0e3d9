// Input that a reload would discard.

import { document, on } from './page.js';

const FIELDS = 'input,textarea,select';

/**
 * The content of each field and editable element before and after input.
 *
 * @type {Map<any, { firstContent?: string, lastContent?: string }>}
 */
const typed = new Map();

/**
 * The values of changed fields at the last request, by field name, and whether the request was a write. Without
 * passwords.
 *
 * @type {Map<string, [string, boolean]>}
 */
const sent = new Map();

/** @returns {any[]} */
const fields = () => [...document.querySelectorAll(FIELDS)];

/**
 * Returns the content of a field or an editable element. A `select` element of SVG has no options.
 *
 * @param {any} element
 */
const content = ({ localName, options, value, textContent, checked }) =>
  localName === 'select' && options
    ? [...options].map((option) => option.value + option.selected).join()
    : (value ?? textContent) + checked;

/** Returns whether a field differs from its initial state, or an editable element from its original content. */
export const hasInput = () => [...fields(), ...typed.keys()].some(isInput);

/**
 * Records the values that a request may send.
 *
 * @param {boolean} isWrite
 */
export function rememberSent(isWrite) {
  // Many pages send frequent reads, so a read considers only fields that the visitor has used.
  for (const field of isWrite ? fields() : typed.keys()) {
    if (field.name && field.type !== 'password' && isInput(field)) sent.set(field.name, [content(field), isWrite]);
  }
}

/** Deletes the sent values after a navigation. */
export const forgetSent = () => sent.clear();

/** @param {any} element */
function isInput(element) {
  if (!element.isConnected) return false;
  const now = content(element);
  const { firstContent: before = now, lastContent: last = now } = typed.get(element) ?? {};
  if (now !== before) return true;
  if (!element.matches?.(FIELDS)) return false;
  const initial = content(resetCopy(element));
  const [lastSent, isWritten] = sent.get(element.name) ?? [];
  // Rich text editors empty a hidden `textarea`.
  const isEditorField = element.localName === 'textarea' && ![now, isWritten && lastSent].includes(last);
  // The server may return the form with the sent values. A partially typed date is bad input.
  return now !== initial || initial === lastSent || isEditorField || element.validity?.badInput;
}

/**
 * Returns a copy of the field as after a reset of its form. In the document of a `template`, custom elements are inert.
 *
 * @param {Element} element
 */
function resetCopy(element) {
  const { ownerDocument } = document.createElement('template').content;
  // Without a window, a document resets no form.
  const form = document.createElement('form');
  const copy = form.appendChild(ownerDocument.importNode(element, true));
  // A field may be named `reset`.
  HTMLFormElement.prototype.reset.call(form);
  return copy;
}

/** @param {Event} event */
function recordInput(event) {
  const [target] = /** @type {any[]} */ (event.composedPath());
  // A date or a range has no `beforeinput`. Other elements with the focus may change without input.
  if (event.type === 'focusin' && !target.matches?.(FIELDS)) return;
  const values = typed.get(target) ?? {};
  if (event.type === 'input') values.lastContent = content(target);
  else values.firstContent ??= content(target);
  typed.set(target, values);
  for (const element of typed.keys()) if (!element.isConnected) typed.delete(element);
}

export function watchInput() {
  on('focusin', recordInput, true);
  on('beforeinput', recordInput, true);
  on('input', recordInput, true);
}
