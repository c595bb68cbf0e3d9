// Unpoly 3.

import { isRefused } from '../check.js';
import { REQUESTED, on, version } from '../page.js';
import { isRead, track } from '../pending.js';
import { prepareRequest, receiveResponse } from '../requests.js';

/** @typedef {import('../libraries').UnpolyRequest} UnpolyRequest */
/** @typedef {import('../libraries').UnpolyResponse} UnpolyResponse */

/**
 * The responses that Unpoly has displayed.
 *
 * @type {WeakSet<UnpolyResponse>}
 */
const displayed = new WeakSet();

/** @param {{ request: UnpolyRequest }} event */
function beforeRequest({ request }) {
  const { url, method, headers } = request;
  prepareRequest(url, method, () => (headers[REQUESTED] = version));
  track(new Promise((resolve) => request.then(resolve, resolve)).then(afterRequest), method);
}

/**
 * Checks a response that Unpoly does not display: an empty response, an unchanged fragment, or the response of
 * `up.request`. The response of a preloaded link is checked when Unpoly displays the response.
 *
 * @param {any} result the response or an error
 */
async function afterRequest(result) {
  // Unpoly displays a response in the same task.
  await new Promise((resolve) => setTimeout(resolve));
  const { background, cache } = result.request ?? {};
  if (result.status && !displayed.has(result) && !(background && cache)) receive(result, false);
}

/**
 * Unpoly emits this event for each response that it displays, also from its cache.
 *
 * @param {import('../libraries').UnpolyLoadedEvent} event
 */
function afterLoad(event) {
  const { response, renderOptions } = event;
  displayed.add(response);
  const isRefusal = isRefused(headersOf(response));
  // A response with an error replaces only the target for failures.
  const isDisplayed = (response.ok || isRefusal) && response.target !== ':none';
  receive(response, isDisplayed && replacesPage(response.request, renderOptions));
  if (isRefusal) event.preventDefault();
}

/** @param {UnpolyResponse} response */
const headersOf = (response) => ({ get: (/** @type {string} */ name) => response.header(name) });

/**
 * @param {UnpolyResponse} response
 * @param {boolean} isPage
 */
function receive(response, isPage) {
  const { status, method, request, xhr } = response;
  // The server may set `response.url`, which becomes the URL of the page.
  const url = xhr?.responseURL || request.url;
  const redirected = isRead(method);
  const pageUrl = isPage && redirected && response.url + (request.hash ?? '');
  const use = { method: request.method, redirected, isPage, pageUrl, from: location.href };
  receiveResponse({ url, status, headers: headersOf(response) }, use);
}

/**
 * Returns whether a response replaces the page and its URL, instead of a fragment or an overlay.
 *
 * @param {UnpolyRequest} request
 * @param {import('../libraries').UnpolyRenderOptions} renderOptions
 */
function replacesPage({ fragments, layer }, { history = 'auto', navigate }) {
  if (!navigate || history !== 'auto') return history === true;
  // The layer of a new overlay is the text `new`.
  return layer instanceof Object && Boolean(window.up?.fragment.hasAutoHistory?.(fragments, layer));
}

export function installUnpoly() {
  on('up:request:load', beforeRequest);
  on('up:fragment:loaded', afterLoad);
}
