// htmx 1.9 and 2 use `XMLHttpRequest`.

import { REQUESTED, on, version } from '../page.js';
import { track } from '../pending.js';
import { prepareRequest, receiveResponse } from '../requests.js';
import { absolute, withoutFragment } from '../urls.js';
import { htmxUse } from './htmx.js';

/** @param {{ detail: import('../libraries').Htmx2Detail }} event */
function beforeSend({ detail: { xhr, pathInfo, requestConfig } }) {
  const { verb } = requestConfig;
  prepareRequest(pathInfo.finalRequestPath, verb, () => xhr.setRequestHeader(REQUESTED, version));
  // Relative to the URL of the page before htmx pushes another URL.
  pathInfo.requestUrl = withoutFragment(absolute(pathInfo.finalRequestPath).href);
  track(new Promise((resolve) => (xhr.onloadend = resolve)), verb);
}

/** @param {{ detail: import('../libraries').Htmx2Detail }} event */
function afterRequest({ detail: { xhr, boosted, pathInfo, requestConfig, etc } }) {
  const { status, responseURL: url } = xhr;
  const { verb, headers, elt } = requestConfig;
  // htmx does not display a response with a handler. The extension `preload` of htmx 1.9 requests links in advance.
  if (etc.handler && elt.preloadState) return;
  const response = {
    url,
    status,
    redirected: url !== pathInfo.requestUrl,
    headers: { get: (/** @type {string} */ name) => xhr.getResponseHeader(name) },
  };
  const inherited = (/** @type {string} */ name) => elt.closest(`[${name}]`)?.getAttribute(name);
  const push = !etc.handler && (etc.push ?? inherited('hx-push-url') ?? inherited('data-hx-push-url'));
  const request = { method: verb, headers, isPage: boosted && !etc.handler, push, anchor: pathInfo.anchor };
  receiveResponse(response, htmxUse(response, request));
}

export function installHtmx2() {
  on('htmx:beforeSend', beforeSend);
  on('htmx:afterRequest', afterRequest);
}
