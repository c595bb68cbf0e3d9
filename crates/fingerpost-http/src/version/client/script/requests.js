// The steps of every adapter before a request and after the response.

import { check, versionOf } from './check.js';
import { forgetSent, rememberSent } from './input.js';
import { REQUESTED, version as page } from './page.js';
import { isRead } from './pending.js';
import { postedPages } from './posted.js';
import { sameOriginUrl, withoutFragment } from './urls.js';

/** @typedef {import('./act.js').ReadableHeaders} ReadableHeaders */

/**
 * The use of a response in the page.
 *
 * @typedef {object} Use
 * @property {string} method the method of the request
 * @property {boolean} [redirected] the response can be requested with GET
 * @property {string | URL | false} [target] the address of the page with the response, if it changes
 * @property {boolean} [isPage] the response replaces the page
 * @property {string} [from] the address of the page when the request was sent
 */

/**
 * Adds the version of the page to a request to its own server.
 *
 * @param {string | URL} url
 * @param {string} method
 * @param {(name: string, value: string) => void} setHeader
 */
export function prepareRequest(url, method, setHeader) {
  if (!isRead(method)) rememberSent();
  if (sameOriginUrl(url)) setHeader(REQUESTED, `${page}`);
}

/**
 * Records how the page uses a response, and checks the version of the response.
 *
 * @param {{ url: string, status?: number, headers: ReadableHeaders }} response
 * @param {Use} use
 */
export function receiveResponse({ url, status, headers }, use) {
  if (!sameOriginUrl(url)) return;
  const { method, redirected, target, isPage, from = location.href } = use;
  const to = target && sameOriginUrl(target)?.href;
  const isRepeatable = redirected || isRead(method);
  if (to && isPage && isRepeatable && status === 200) {
    postedPages.delete(withoutFragment(to));
    forgetSent();
  } else if (to || isPage) {
    inheritPosted(to || from, from, isRepeatable);
  }
  if (isOutdated(headers)) check(headers, { isRepeatable, from, to: isRepeatable && to });
}

/**
 * Records that a page is the response to a write, or contains parts of such a page.
 *
 * @param {string} address
 * @param {string} from the address of the page when the request was sent
 * @param {boolean | undefined} isRepeatable
 */
function inheritPosted(address, from, isRepeatable) {
  if (!isRepeatable || postedPages.has(withoutFragment(from))) postedPages.add(withoutFragment(address));
}

/**
 * Returns whether a response shows that the page is outdated, unless the response is from a cache.
 *
 * @param {ReadableHeaders} headers
 */
export const isOutdated = (headers) => isRefused(headers) || ![page, ''].includes(versionOf(headers));

/**
 * Returns whether a router has refused the version of the page. Such a response has no content to display.
 *
 * @param {ReadableHeaders} headers
 */
export const isRefused = (headers) => headers.get('X-App-Version-Refused') !== null;
