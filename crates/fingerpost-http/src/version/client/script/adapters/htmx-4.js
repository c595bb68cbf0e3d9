// htmx 4 uses `fetch`.

import { isRefused } from '../check.js';
import { REQUESTED, on, version } from '../page.js';
import { track } from '../pending.js';
import { prepareRequest, receiveResponse } from '../requests.js';
import { htmxUse } from './htmx.js';

/** @typedef {import('../libraries').Htmx4Context} Htmx4Context */

/** @param {{ detail: { ctx: Htmx4Context } }} event */
function beforeRequest({ detail: { ctx } }) {
  const { request } = ctx;
  prepareRequest(request.action, request.method, () => (request.headers[REQUESTED] = version));
  track(new Promise((resolve) => (ctx.endTracking = resolve)), request.method);
}

/** @param {{ detail: { ctx: Htmx4Context } }} event */
function endRequest({ detail: { ctx } }) {
  ctx.endTracking?.();
}

/** @param {CustomEvent<{ ctx: Htmx4Context }>} event */
function afterRequest(event) {
  endRequest(event);
  const { request, response, push } = event.detail.ctx;
  const isPage = 'HX-Boosted' in request.headers;
  receiveResponse(response.raw, htmxUse(response.raw, { ...request, isPage, push }));
  if (isRefused(response.headers)) event.preventDefault();
}

export function installHtmx4() {
  on('htmx:before:request', beforeRequest);
  on('htmx:after:request', afterRequest);
  // Without a response, there is no other event.
  on('htmx:finally:request', endRequest);
}
