// The steps of every adapter before a request and after the response.

import { check, isRefused, versionOf } from './check.js';
import { forgetSent, rememberSent } from './input.js';
import { version as page } from './page.js';
import { isRead } from './pending.js';
import { postedPages } from './posted.js';
import { cancelReload } from './reload.js';
import { sameOriginUrl, withoutFragment } from './urls.js';

/** @typedef {import('./act.js').ReadableHeaders} ReadableHeaders */

/**
 * The use of a response in the page.
 *
 * @typedef {object} Use
 * @property {string} method the method of the request
 * @property {boolean} [redirected] the response can be requested with GET
 * @property {string | URL | false} [pageUrl] the URL of the page with the response, if it changes
 * @property {boolean} [isPage] the response replaces the page
 * @property {string} [from] the URL of the page when the request was sent, by default the current URL
 */

/**
 * Adds the version of the page to a request to its own server.
 *
 * @param {string | URL} url
 * @param {string} method
 * @param {() => void} setHeader
 */
export function prepareRequest(url, method, setHeader) {
  if (sameOriginUrl(url)) setHeader();
  const isWrite = !isRead(method);
  // A reload would abort the request.
  if (isWrite) cancelReload();
  rememberSent(isWrite);
}

/**
 * Records how the page uses a response, and checks the version of the response.
 *
 * @param {{ url: string, status?: number, headers: ReadableHeaders }} response
 * @param {Use} use
 */
export function receiveResponse({ url, status, headers }, { method, redirected, pageUrl, isPage, from }) {
  if (!sameOriginUrl(url)) return;
  const to = pageUrl && sameOriginUrl(pageUrl)?.href;
  const isRepeatable = redirected || isRead(method);
  if (to && isPage && isRepeatable && status === 200) {
    postedPages.delete(withoutFragment(to));
    forgetSent();
  } else if ((to || isPage) && isPosted(isRepeatable, from)) {
    postedPages.add(withoutFragment(to || from));
  }
  if (isOutdated(headers)) check(headers, { isRepeatable, from, to: isRepeatable && to });
}

/**
 * Returns whether a page is the response to a write, or contains parts of such a page.
 *
 * @param {boolean | undefined} isRepeatable
 * @param {string} [from] the URL of the page when the request was sent
 */
const isPosted = (isRepeatable, from) => !isRepeatable || postedPages.has(withoutFragment(from));

/**
 * Returns whether a response shows that the page is outdated, unless the response is from a cache.
 *
 * @param {ReadableHeaders} headers
 */
export const isOutdated = (headers) => isRefused(headers) || (versionOf(headers) || page) !== page;
