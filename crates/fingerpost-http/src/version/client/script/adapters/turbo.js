// Turbo 8. Turbo reloads the page by itself if elements with `data-turbo-track="reload"` have changed.

import { act } from '../act.js';
import { versionOf } from '../check.js';
import { hasInput } from '../input.js';
import { on } from '../page.js';
import { isRead, trackWrite } from '../pending.js';
import { isOutdated, prepareRequest, receiveResponse } from '../requests.js';

/** @typedef {{ method: string, hash: string, isFrame: boolean, from: string }} TurboRequest */

/**
 * The last request of each element.
 *
 * @type {WeakMap<EventTarget, TurboRequest>}
 */
const requests = new WeakMap();

/**
 * The last response, if Turbo must not reload the page for it.
 *
 * @type {{ headers: Headers, visit: import('../act.js').Visit } | undefined}
 */
let held;
/**
 * The form submissions in progress, with the functions that end their tracking.
 *
 * @type {Map<import('../libraries').TurboSubmission, (value?: unknown) => void>}
 */
const submissions = new Map();
let isAdapted = false;

/** @param {CustomEvent<import('../libraries').TurboRequestDetail>} event */
function beforeRequest({ target, detail: { url, fetchOptions } }) {
  adaptTurbo();
  const { method, headers } = fetchOptions;
  prepareRequest(url, method, (name, value) => (headers[name] = value));
  const { hash } = url;
  if (target) requests.set(target, { method, hash, isFrame: 'Turbo-Frame' in headers, from: location.href });
}

/** @param {CustomEvent<import('../libraries').TurboResponseDetail>} event */
function afterResponse({ target, detail: { fetchResponse } }) {
  const element = /** @type {Element} */ (target);
  const request = requests.get(element);
  // The target of a prefetch is a link.
  if (!request || element.localName === 'a') return;
  const { hash, isFrame, from } = request;
  const method = removedForm(element)?.method ?? request.method;
  const { response } = fetchResponse;
  const { redirected, url, headers } = response;
  const isPage = !isFrame && !/turbo-stream/.test(`${headers.get('Content-Type')}`);
  const address = isPage && (redirected || isRead(method)) && url + hash;
  const use = { method, redirected, isPage, from, target: address };
  // Turbo ends a submission before it shows the page of the response. A reload in between would load the old address.
  trackWrite(method, afterRender(isPage, () => receiveResponse(response, use)));
  // A visitor who sends a form expects another page.
  const isHeld = element.localName !== 'form' && isOutdated(headers);
  held = isHeld ? { headers, visit: { isRepeatable: true, from, to: address } } : undefined;
}

/**
 * Returns the submission of a form that was removed during its request. The target of its response is the root element.
 *
 * @param {Element} target
 */
const removedForm = (target) =>
  [...submissions.keys()].find(
    ({ formElement }) => target === document.documentElement && !formElement.isConnected,
  );

/**
 * Calls a function after Turbo has replaced the page. Turbo does not replace the page before it reloads the page.
 *
 * @param {boolean} isPage
 * @param {() => void} receive
 */
async function afterRender(isPage, receive) {
  if (isPage) {
    await new Promise((resolve) => {
      window.addEventListener('turbo:render', resolve, { once: true });
      setTimeout(resolve, 1000);
    });
  }
  receive();
}

/** @param {CustomEvent<import('../libraries').TurboSubmitDetail>} event */
function submitStart({ detail: { formSubmission } }) {
  const end = new Promise((resolve) => submissions.set(formSubmission, resolve));
  trackWrite(formSubmission.method, end);
}

/** @param {CustomEvent<import('../libraries').TurboSubmitDetail>} event */
function submitEnd({ detail: { formSubmission } }) {
  submissions.get(formSubmission)?.();
  submissions.delete(formSubmission);
}

/** Changes the behavior of Turbo once. The script may run before Turbo. */
function adaptTurbo() {
  if (isAdapted || !window.Turbo) return;
  isAdapted = true;
  renderWriteResponses(window.Turbo.PageRenderer.prototype);
  holdReloads(window.Turbo.session.adapter);
}

/**
 * Renders the response to a write in any case, because a reload could not request the response again.
 *
 * @param {import('../libraries').TurboRenderer} renderer
 */
function renderWriteResponses(renderer) {
  const name = 'trackedElementsAreIdentical';
  const areIdentical = Object.getOwnPropertyDescriptor(renderer, name)?.get;
  Object.defineProperty(renderer, name, {
    get() {
      return areIdentical?.call(this) || this.newSnapshot.headSnapshot.element.querySelector('[data-posted]');
    },
  });
}

/**
 * Acts on the version of the last response. Returns whether the visitor decides on the reload.
 *
 * @param {{ headers: Headers, visit: import('../act.js').Visit }} response
 */
function prompts({ headers, visit }) {
  return act(versionOf(headers), [headers], [visit]) === 'prompt';
}

/**
 * Prompts before Turbo reloads a page with input. A second click on the link reloads the page.
 *
 * @param {import('../libraries').TurboAdapter} adapter
 */
function holdReloads(adapter) {
  const { reload } = adapter;
  adapter.reload = (reason) => {
    if (!held || !hasInput() || !prompts(held)) reload?.call(adapter, reason);
  };
}

export function installTurbo() {
  on('turbo:before-fetch-request', beforeRequest);
  on('turbo:before-fetch-response', afterResponse);
  on('turbo:submit-start', submitStart);
  on('turbo:submit-end', submitEnd);
}
