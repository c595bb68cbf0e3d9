// Only URLs of the origin of the page are loaded, and get the version of the page.

import { document } from './page.js';

/**
 * Parses a URL as the browser does for links and requests of the page.
 *
 * @param {string | URL} url
 */
export const absolute = (url) => new URL(url, document.baseURI);

/**
 * Returns the URL if its origin is the origin of the page, and `undefined` for other URLs, such as `javascript:`.
 *
 * @param {string | URL} text
 */
export function sameOriginUrl(text) {
  try {
    const url = absolute(text);
    // The property `origin` would accept a `blob:` URL.
    if (url.href.startsWith(`${location.origin}/`)) return url;
  } catch {}
}

/** @param {string} [url] by default the URL of the page */
export const withoutFragment = (url = location.href) => url.split('#')[0];
