// Compares the version of the page with the current version of the server.

import { act, settled } from './act.js';
import { REQUESTED, VERSION, endpoint, isRecent, on, version as page } from './page.js';
import { endUnload, isBusy } from './pending.js';

/** @typedef {import('./act.js').Visit} Visit */
/** @typedef {import('./act.js').ReadableHeaders} ReadableHeaders */

const { fetch } = window;

/**
 * The times of the last checks, by the version that led to the check. The version is empty if it is not known.
 *
 * @type {Map<string, number>}
 */
const checked = new Map();
let lastCheck = Date.now();

/**
 * The visits that led to the check in progress.
 *
 * @type {Visit[] | undefined}
 */
let waiting;

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Returns the version of a response, or an empty string.
 *
 * @param {ReadableHeaders} headers
 */
export const versionOf = (headers) => headers.get(VERSION) ?? '';

/**
 * Checks whether the page is outdated, and acts if it is. At most one check is in progress.
 *
 * @param {ReadableHeaders} [headers] the headers of a response
 * @param {Visit} [visit]
 */
export async function check(headers = new Headers(), visit = { isRepeatable: true }) {
  const version = versionOf(headers);
  waiting?.push(visit);
  if (waiting || settled.has(version) || isRecent(checked.get(version))) return;
  waiting = [visit];
  lastCheck = Date.now();
  checked.set(version, lastCheck);
  const current = await requestVersion(version).catch(() => {});
  // After ten seconds, the loop ends, and `act` prompts.
  for (let i = 0; isBusy() && i < 100; i++) await sleep(100);
  const visits = waiting;
  waiting = undefined;
  // Without a network or a server behind the proxy, the next response triggers another check.
  if (!current) checked.delete(version);
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
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(endpoint, { cache: 'no-store', headers: { [REQUESTED]: `${page}` }, signal });
  const { ok, status, headers } = response;
  const current = status === 409 ? (headers.get(VERSION) ?? version) : ok && (await response.json()).version;
  if (typeof current === 'string') return { version: current, headers };
}

/** Checks the version when the visitor returns to a page that has not been checked for a minute. */
function checkOnReturn() {
  if (!document.hidden && !isRecent(lastCheck)) check();
}

/** The Back button restores outdated pages from the bfcache, and from the history caches of libraries. */
export function watchReturns() {
  on('pageshow', ({ persisted }) => {
    if (!persisted) return;
    endUnload();
    check();
  });
  on('popstate', () => check());
  on('focus', checkOnReturn);
  on('visibilitychange', checkOnReturn);
}
