// `fingerpost.fetch` and `fingerpost.check`, for requests of the site's own scripts and for other libraries.

import { check } from '../check.js';
import { REQUESTED, fetch, version } from '../page.js';
import { isRead, track } from '../pending.js';
import { isOutdated, prepareRequest, receiveResponse } from '../requests.js';

/**
 * Works like the browser's `fetch`.
 *
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
export async function versionedFetch(input, init) {
  const request = new Request(input, init);
  const { url, method, headers } = request;
  prepareRequest(url, method, () => headers.set(REQUESTED, version));
  const response = await track(fetch(request), method);
  receiveResponse(response, { method, redirected: response.redirected });
  return response;
}

/**
 * Checks the version in the headers of a response. Without headers, requests the current version, at most once a
 * minute.
 *
 * @param {HeadersInit} [headers]
 * @param {string} [method] the method of the request
 */
export function checkHeaders(headers, method = 'GET') {
  const received = headers && new Headers(headers);
  if (!received || isOutdated(received)) check(received, { isRepeatable: isRead(method) });
}
