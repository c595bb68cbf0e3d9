// Starts the script once per page.

import { watchReturns } from './check.js';
import { watchInput } from './input.js';
import { version } from './page.js';
import { watchNavigations } from './pending.js';

/**
 * Watches the page, installs the adapters, and creates the object `fingerpost`. Does nothing in a page without a
 * version, and when the script runs again.
 *
 * @param {() => { check: Function }} install installs the adapters, and returns the functions of `fingerpost`
 */
export function start(install) {
  // An element with the ID `fingerpost` is also a property of the window.
  if (!version || window.fingerpost?.check instanceof Function) return;
  watchNavigations();
  watchInput();
  watchReturns();
  window.fingerpost = { version, ...install() };
}
