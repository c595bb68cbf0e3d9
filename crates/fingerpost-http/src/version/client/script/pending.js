// Requests and navigations that a reload must not interrupt.

import { isRecent, on } from './page.js';

let requests = 0;
let unloadedAt = 0;

/**
 * Returns whether a method only reads, so that a request can be repeated.
 *
 * @param {string} method
 */
export const isRead = (method) => /^(get|head)$/i.test(method);

/** Returns whether the page waits for a response or for another page. */
export const isBusy = () => requests || isRecent(unloadedAt);

/** Ends a navigation that the page has stopped or has returned from. */
export const endUnload = () => {
  unloadedAt = 0;
};

/**
 * Makes the page busy until the promise settles.
 *
 * @template T
 * @param {Promise<T>} request
 */
export function track(request) {
  requests++;
  return request.finally(() => requests--);
}

export function watchNavigations() {
  // `unloadedAt` expires after `PAUSE`, because a download also fires `beforeunload`.
  on('beforeunload', () => (unloadedAt = Date.now()));
}
