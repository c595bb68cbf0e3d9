// Compares the version of the page with the current version of the server.

import { act, checked } from './act.js';
import { REQUESTED, VERSION, endpoint, fetch, isRecent, on, version as page } from './page.js';
import { isBusy } from './pending.js';
import { cancelReload, endReload, loadedFor } from './reload.js';

/** @typedef {import('./act.js').Visit} Visit */
/** @typedef {import('./act.js').ReadableHeaders} ReadableHeaders */

/** A failed check is repeated after three seconds, this much earlier than other checks, in milliseconds. */
const RETRY = 57_000;

let lastCheck = Date.now();

/**
 * The visits that led to the check in progress.
 *
 * @type {Visit[] | undefined}
 */
let waiting;
/**
 * Returns the version of a response, or an empty string.
 *
 * @param {ReadableHeaders} headers
 */
export const versionOf = (headers) => headers.get(VERSION) ?? '';

/**
 * Returns whether a router has refused the version of the page. Such a response has no content to display.
 *
 * @param {ReadableHeaders} headers
 */
export const isRefused = (headers) => headers.get('X-App-Version-Refused') !== null;

/**
 * Checks whether the page is outdated, and acts if it is. At most one check is in progress.
 *
 * @param {ReadableHeaders} [headers] the headers of a response
 * @param {Visit} [visit]
 */
export async function check(headers = new Headers(), visit = { isRepeatable: true }) {
  const version = versionOf(headers);
  waiting?.push(visit);
  if (waiting || isRecent(checked.get(version))) return;
  waiting = [visit];
  lastCheck = Date.now();
  checked.set(version, lastCheck);
  const current = await requestVersion(version);
  // After ten seconds, the loop ends, and `act` prompts.
  for (let i = 0; isBusy() && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  const visits = waiting;
  waiting = undefined;
  // Without a network or a server behind the proxy, a response after some seconds triggers another check.
  if (!current) checked.set(version, lastCheck - RETRY);
  else if (current.version !== page) {
    // Prefer the action in a response of the current version: a part of a site may have another action. Cached
    // responses may have outdated actions.
    const sources = [current.headers, headers];
    if (version === current.version) sources.reverse();
    act(current.version, sources, visits);
  }
}

/**
 * Requests the current version without caches, because cached responses may have an outdated version. Returns
 * `undefined` if the response has no version.
 *
 * @param {string} version the result if a router refuses the version of the page without its own version
 */
async function requestVersion(version) {
  try {
    const response = await fetch(endpoint, {
      cache: 'no-store',
      headers: { [REQUESTED]: page },
      signal: AbortSignal.timeout(10_000),
    });
    const { ok, headers } = response;
    const current = isRefused(headers) ? versionOf(headers) || version : ok && (await response.json()).version;
    if (typeof current === 'string') return { version: current, headers };
  } catch {}
}

/** Checks the version when the visitor returns to a page that has not been checked for a minute. */
function checkOnReturn() {
  if (!document.hidden && !isRecent(lastCheck)) check();
}

/**
 * Keeps the page if the visitor clicks or presses a key during a check or a reload, because a reload would discard the
 * effect. A double click is one click. A modifier key alone has no effect. Only
 * modifier keys have the locations 1 and 2, for left and right.
 *
 * @param {any} event
 */
function recordUse({ detail, location }) {
  if (detail > 1 || location % 3) return;
  waiting?.push({});
  cancelReload();
}

/** The Back button restores outdated pages from the bfcache, and from the history caches of libraries. */
export function watchReturns() {
  on('pageshow', ({ persisted }) => {
    if (!persisted) return;
    checked.delete('');
    // If the page was left because of a reload, the version needs another action.
    checked.delete(loadedFor);
    endReload();
    check();
  });
  on('popstate', () => check());
  on('focus', checkOnReturn);
  on('visibilitychange', checkOnReturn);
  on('input', recordUse, true);
  on('keydown', recordUse, true);
  on('mousedown', recordUse, true);
}
