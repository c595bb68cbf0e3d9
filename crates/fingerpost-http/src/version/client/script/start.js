// Starts the script once per page.

import { watchReturns } from './check.js';
import { watchInput } from './input.js';
import { version } from './page.js';

/**
 * Watches the page, installs the adapters, and creates the object `fingerpost`. Does nothing in a page without a
 * version, and when the script runs again.
 *
 * @param {() => { check: Function }} install installs the adapters, and returns the functions of `fingerpost`
 */
export function start(install) {
  // An element or a frame with this name is an inherited property of the window.
  if (!version || Object.hasOwn(window, 'fingerpost')) return;
  watchInput();
  watchReturns();
  window.fingerpost = { version, ...install() };
}
