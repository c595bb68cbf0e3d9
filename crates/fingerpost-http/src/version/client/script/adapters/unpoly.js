// Unpoly 3.

import { on } from '../page.js';
import { isRead, trackWrite } from '../pending.js';
import { isRefused, prepareRequest, receiveResponse } from '../requests.js';

/** @param {{ request: import('../libraries').UnpolyRequest }} event */
function beforeRequest({ request }) {
  prepareRequest(request.url, request.method, (name, value) => (request.headers[name] = value));
  trackWrite(request.method, new Promise((resolve) => request.then(resolve, resolve)));
}

/**
 * Unpoly emits this event for each response that it displays, also from its cache, and not for preloaded links.
 *
 * @param {import('../libraries').UnpolyLoadedEvent} event
 */
function afterLoad(event) {
  const { request, response, renderOptions } = event;
  const { status, method } = response;
  // The server may set `response.url`, which becomes the address of the page.
  const url = response.xhr?.responseURL || request.url;
  const headers = { get: (/** @type {string} */ name) => response.header(name) };
  const isPage = replacesPage(request, renderOptions);
  const target = isPage && isRead(method) && response.url + (request.hash ?? '');
  receiveResponse({ url, status, headers }, { method: request.method, redirected: isRead(method), isPage, target });
  if (isRefused(headers)) event.preventDefault();
}

/**
 * Returns whether a response replaces the page and its address, instead of a fragment.
 *
 * @param {import('../libraries').UnpolyRequest} request
 * @param {import('../libraries').UnpolyRenderOptions} renderOptions
 */
function replacesPage({ fragments, layer }, { history = 'auto', navigate }) {
  if (!navigate || history !== 'auto') return history === true;
  return Boolean(window.up?.fragment.hasAutoHistory?.(fragments, layer ?? 'current'));
}

export function installUnpoly() {
  on('up:request:load', beforeRequest);
  on('up:fragment:loaded', afterLoad);
}
