// Alpine AJAX.

import { isRefused } from '../check.js';
import { MAX_WAIT, PAUSE, REQUESTED, on, version } from '../page.js';
import { isRead, track } from '../pending.js';
import { isOutdated, prepareRequest, receiveResponse } from '../requests.js';

/** @param {CustomEvent<import('../libraries').AlpineRequest>} event */
function beforeSend({ target, detail: { action, method, headers } }) {
  const from = location.href;
  prepareRequest(action, method, () => (headers[REQUESTED] = version));
  // The response replaces the element, and events of a replaced element do not reach the document. Without a network,
  // there is no event.
  const sent = new Promise((resolve) => {
    target?.addEventListener('ajax:sent', function listener(event) {
      // The event may be of a control in the form.
      if (event.target !== target) return;
      target.removeEventListener('ajax:sent', listener);
      resolve(afterResponse(event, method, from));
    });
    setTimeout(resolve, isRead(method) ? MAX_WAIT : PAUSE);
  });
  track(sent, method);
}

/**
 * @param {any} event
 * @param {string} method
 * @param {string} from
 */
function afterResponse({ detail }, method, from) {
  const { url, status, redirected, headers = new Headers() } = detail;
  // A refusal has no target.
  if (isRefused(headers)) detail.html = '';
  // Alpine AJAX changes the URL of the page after the event.
  queueMicrotask(() => {
    const pageUrl = location.href !== from && location.href;
    receiveResponse({ url, status, headers }, { method, redirected, pageUrl, from });
  });
}

/**
 * Alpine AJAX sends a form again if an error response does not contain the target.
 *
 * @param {CustomEvent<{ response: import('../libraries').AlpineResponse }>} event
 */
function beforeRepetition(event) {
  const { ok, headers } = event.detail.response;
  if (!ok && isOutdated(headers)) event.preventDefault();
}

export function installAlpineAjax() {
  on('ajax:send', beforeSend);
  on('ajax:missing', beforeRepetition);
}
