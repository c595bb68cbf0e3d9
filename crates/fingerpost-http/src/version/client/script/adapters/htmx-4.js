// htmx 4 uses `fetch`.

import { on } from '../page.js';
import { trackWrite } from '../pending.js';
import { isRefused, prepareRequest, receiveResponse } from '../requests.js';
import { htmxUse } from './htmx.js';

/** @param {{ detail: { ctx: import('../libraries').Htmx4Context } }} event */
function beforeRequest({ detail: { ctx } }) {
  const { request, fetch } = ctx;
  prepareRequest(request.action, request.method, (name, value) => (request.headers[name] = value));
  ctx.fetch = (...args) => trackWrite(request.method, fetch(...args));
}

/** @param {CustomEvent<{ ctx: import('../libraries').Htmx4Context }>} event */
function afterRequest(event) {
  const { request, response, push } = event.detail.ctx;
  const isPage = 'HX-Boosted' in request.headers;
  receiveResponse(response.raw, htmxUse(response.raw, { ...request, isPage, push }));
  if (isRefused(response.headers)) event.preventDefault();
}

export function installHtmx4() {
  on('htmx:before:request', beforeRequest);
  on('htmx:after:request', afterRequest);
}
