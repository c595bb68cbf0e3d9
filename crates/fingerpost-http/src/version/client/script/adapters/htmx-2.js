// htmx 1.9 and 2 use `XMLHttpRequest`.

import { on } from '../page.js';
import { trackWrite } from '../pending.js';
import { prepareRequest, receiveResponse } from '../requests.js';
import { absolute, withoutFragment } from '../urls.js';
import { htmxUse } from './htmx.js';

/** @param {{ detail: import('../libraries').Htmx2Detail }} event */
function beforeSend({ detail: { xhr, pathInfo, requestConfig } }) {
  const { verb } = requestConfig;
  prepareRequest(pathInfo.finalRequestPath, verb, (name, value) => xhr.setRequestHeader(name, value));
  trackWrite(verb, new Promise((resolve) => (xhr.onloadend = resolve)));
}

/** @param {{ detail: import('../libraries').Htmx2Detail }} event */
function afterRequest({ detail: { xhr, boosted, pathInfo, requestConfig, etc } }) {
  const { status, responseURL: url } = xhr;
  const { verb, headers, elt } = requestConfig;
  const response = {
    url,
    status,
    redirected: url !== withoutFragment(absolute(pathInfo.finalRequestPath).href),
    headers: { get: (/** @type {string} */ name) => xhr.getResponseHeader(name) },
  };
  const source = elt.closest('[hx-push-url],[data-hx-push-url]');
  const push = etc.push ?? source?.getAttribute('hx-push-url') ?? source?.getAttribute('data-hx-push-url');
  const request = { method: verb, headers, isPage: boosted, push, anchor: pathInfo.anchor };
  receiveResponse(response, htmxUse(response, request));
}

export function installHtmx2() {
  on('htmx:beforeSend', beforeSend);
  on('htmx:afterRequest', afterRequest);
}
