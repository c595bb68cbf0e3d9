// Functions for the adapters of all versions of htmx.

import { sameOriginUrl } from '../urls.js';

/** @typedef {import('../act.js').ReadableHeaders} ReadableHeaders */

/**
 * Returns how htmx uses a response. `push` is the value of `hx-push-url`. The URL in `HX-Location` is requested by
 * htmx.
 *
 * @param {{ url: string, headers: ReadableHeaders, redirected: boolean }} response
 * @param {{ method: string, headers: Record<string, string>, isPage: boolean, push?: unknown, anchor?: string }} request
 */
export function htmxUse(response, { method, headers, isPage, push, anchor }) {
  const hasLocation = response.headers.get('HX-Location') !== null;
  const address = `${(!hasLocation && (push || isPage)) || false}`;
  const pageUrl = address !== 'false' && sameOriginUrl(address === 'true' ? response.url : address);
  if (pageUrl && anchor) pageUrl.hash = anchor;
  return { method, isPage, redirected: response.redirected || hasLocation, pageUrl, from: headers['HX-Current-URL'] };
}
