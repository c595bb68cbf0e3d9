// Compares the version of the page with the current version of the server.

import { act, acted } from './act.js';
import {
  MAX_WAIT,
  PAUSE,
  REQUESTED,
  VERSION,
  document,
  endpoint,
  fetch,
  isRecent,
  on,
  version as page,
} from './page.js';
import { isBusy } from './pending.js';
import { cancelReload, endReload, loadedFor } from './reload.js';

/** @typedef {import('./act.js').Visit} Visit */
/** @typedef {import('./act.js').ReadableHeaders} ReadableHeaders */

/** The minimum time after a failed check, in milliseconds. */
const RETRY_PAUSE = 3000;

let lastCheck = Date.now();

/**
 * The times of the last checks by the version in the response that led to the check, or by an empty text.
 *
 * @type {Map<string, number>}
 */
const checks = new Map();

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
  if (waiting || acted.has(version) || isRecent(checks.get(version))) return;
  waiting = [visit];
  lastCheck = Date.now();
  checks.set(version, lastCheck);
  const current = await requestVersion(version);
  // If the page is still busy after this time, `act` prompts.
  for (let time = 0; isBusy() && time < MAX_WAIT; time += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const visits = waiting;
  waiting = undefined;
  // Without a network or a server behind the proxy, a response after some seconds triggers another check.
  if (!current) checks.set(version, lastCheck - PAUSE + RETRY_PAUSE);
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
      redirect: 'error',
      headers: { [REQUESTED]: page },
      signal: AbortSignal.timeout(MAX_WAIT),
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
 * effect. A double click is one click. A modifier key alone has no effect: only these keys have the locations 1 and 2,
 * for left and right.
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
    checks.delete('');
    // If the page was left because of a reload, the version needs another action.
    acted.delete(loadedFor);
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
