// Requests and navigations that a reload must not interrupt.

import { isRecent } from './page.js';

let requests = 0;
let writes = 0;
let unloadedAt = 0;

/**
 * Returns whether a method only reads, so that a request can be repeated.
 *
 * @param {string} method
 */
export const isRead = (method) => /^(get|head)$/i.test(method);

/** Returns whether the page waits for a response or for another page. */
export const isBusy = () => requests > 0 || isRecent(unloadedAt);

/** Returns whether the page waits for the response to a write. */
export const hasWrites = () => writes > 0;

/** Ends a navigation that the page has stopped or has returned from. */
export const endUnload = () => {
  unloadedAt = 0;
};

/**
 * Makes the page busy until the promise settles.
 *
 * @template T
 * @param {Promise<T>} request
 * @param {string} method
 */
export function track(request, method) {
  const write = Number(!isRead(method));
  requests++;
  writes += write;
  return request.finally(() => {
    requests--;
    writes -= write;
  });
}

/**
 * Makes the page busy until another page replaces the page, for at most a minute longer than `time`. A download also
 * starts like a navigation, but replaces no page.
 *
 * @param {number} [time]
 */
export function trackUnload(time = 0) {
  unloadedAt = Math.max(unloadedAt, Date.now() + time);
}
