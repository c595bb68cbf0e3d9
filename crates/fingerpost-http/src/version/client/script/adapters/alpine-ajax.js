// Alpine AJAX.

import { PAUSE, on } from '../page.js';
import { trackWrite } from '../pending.js';
import { isRefused, prepareRequest, receiveResponse } from '../requests.js';

/** @param {CustomEvent<import('../libraries').AlpineRequest>} event */
function beforeSend({ target, detail: { action, method, headers } }) {
  const from = location.href;
  prepareRequest(action, method, (name, value) => (headers[name] = value));
  // The response replaces the element, and events of a replaced element do not reach the document. Without a network,
  // there is no event.
  const sent = new Promise((resolve) => {
    target?.addEventListener('ajax:sent', (event) => resolve(afterResponse(event, method, from)), { once: true });
    setTimeout(resolve, PAUSE);
  });
  trackWrite(method, sent);
}

/**
 * @param {any} event
 * @param {string} method
 * @param {string} from
 */
function afterResponse({ detail }, method, from) {
  const { url, status, redirected, headers = new Headers() } = detail;
  // Alpine AJAX sends a form again if the response does not contain the target. Without content, there is no target.
  if (isRefused(headers)) detail.html = '';
  // Alpine AJAX changes the address after the event.
  queueMicrotask(() => {
    const target = location.href !== from && location.href;
    receiveResponse({ url, status, headers }, { method, redirected, target, from });
  });
}

export function installAlpineAjax() {
  on('ajax:send', beforeSend);
}
