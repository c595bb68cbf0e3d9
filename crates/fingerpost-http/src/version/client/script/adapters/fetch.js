// `fingerpost.fetch` and `fingerpost.check`, for requests of the site's own scripts and for other libraries.

import { check } from '../check.js';
import { trackWrite } from '../pending.js';
import { prepareRequest, receiveResponse } from '../requests.js';

const { fetch } = window;

/**
 * Works like the browser's `fetch`.
 *
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
export async function versionedFetch(input, init) {
  const request = new Request(input, init);
  const { url, method, headers } = request;
  prepareRequest(url, method, (name, value) => headers.set(name, value));
  const response = await trackWrite(method, fetch(request));
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
  if (headers) receiveResponse({ url: location.href, headers: new Headers(headers) }, { method });
  else check();
}
