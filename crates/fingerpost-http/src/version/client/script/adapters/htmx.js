// Functions for the adapters of all versions of htmx.

import { sameOriginUrl } from '../urls.js';

/** @typedef {import('../act.js').ReadableHeaders} ReadableHeaders */

/**
 * Returns the path in the header `HX-Location`, which may be JSON.
 *
 * @param {string} hxLocation
 */
function pathOf(hxLocation) {
  try {
    return /^{/.test(hxLocation) ? JSON.parse(hxLocation).path : hxLocation;
  } catch {}
}

/**
 * Returns how htmx uses a response. `push` is the value of `hx-push-url`.
 *
 * @param {{ url: string, headers: ReadableHeaders, redirected: boolean }} response
 * @param {{ method: string, headers: Record<string, string>, isPage: boolean, push?: unknown, anchor?: string }} request
 */
export function htmxUse(response, { method, headers, isPage, push, anchor }) {
  const hxLocation = response.headers.get('HX-Location');
  const address = (hxLocation === null ? push || isPage : pathOf(hxLocation)) || 'false';
  const target = address !== 'false' && sameOriginUrl(`${address}` === 'true' ? response.url : address);
  if (target && anchor) target.hash = anchor;
  const redirected = response.redirected || (hxLocation !== null && Boolean(target));
  return { method, isPage, redirected, target, from: headers['HX-Current-URL'] };
}
