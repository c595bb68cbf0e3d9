// Requests and navigations that a reload must not interrupt.

import { isRecent, on } from './page.js';

let writes = 0;
let unloadedAt = 0;

/**
 * Returns whether a method only reads, so that a request can be repeated.
 *
 * @param {string} method
 */
export const isRead = (method) => /^(get|head)$/i.test(method);

/** Returns whether the page waits for the response to a write, or for another page. */
export const isBusy = () => writes > 0 || isRecent(unloadedAt);

/** Ends a navigation that the page has stopped or has returned from. */
export const endUnload = () => {
  unloadedAt = 0;
};

/**
 * Makes the page busy until the request completes, unless its method only reads.
 *
 * @template T
 * @param {string} method
 * @param {Promise<T>} request
 */
export function trackWrite(method, request) {
  if (isRead(method)) return request;
  writes++;
  return request.finally(() => writes--);
}

export function watchNavigations() {
  // `unloadedAt` expires after `PAUSE`, because a download also fires `beforeunload`.
  on('beforeunload', () => (unloadedAt = Date.now()));
}
