// Loads the page of the current version.

import { isRecent } from './page.js';
import { endUnload } from './pending.js';
import { withoutFragment } from './urls.js';

const KEY = 'fingerpost:reloads';

/** @type {(() => void) | undefined} */
let onCancel;

/**
 * The version for which the page loads the new page.
 *
 * @type {string | undefined}
 */
export let loadedFor;

/**
 * Allows one reload per version, and one per minute. Without session storage, no reload is allowed: a cache may contain
 * the old page.
 *
 * @param {string} version
 */
export function mayReload(version) {
  try {
    const [last, ...versions] = `${sessionStorage.getItem(KEY)}`.split('\n');
    if (versions.includes(version) || isRecent(Number(last))) return false;
    sessionStorage.setItem(KEY, [Date.now(), ...versions, version].join('\n'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads a URL of this site. `whenCanceled` is called if `cancelReload` keeps the page.
 *
 * @param {string} version
 * @param {string} url
 * @param {() => void} [whenCanceled]
 */
export function loadPage(version, url, whenCanceled) {
  loadedFor = version;
  onCancel = whenCanceled;
  try {
    // The history cache of htmx 1 and 2 contains outdated pages.
    sessionStorage.removeItem('htmx-history-cache');
    localStorage.removeItem('htmx-history-cache');
  } catch {}
  if (withoutFragment(url) !== withoutFragment()) return location.assign(url);
  // Without `replaceState`, a reload of the response to a POST would send the POST again.
  history.replaceState(history.state, '', url);
  location.reload();
}

/** Keeps the page if the visitor uses the page, or the page writes, before the new page has loaded. */
export function cancelReload() {
  if (!onCancel) return;
  stop();
  onCancel();
  endReload();
}

/** Ends a reload that was canceled, or whose page the browser has restored. */
export function endReload() {
  endUnload();
  onCancel = loadedFor = undefined;
}
