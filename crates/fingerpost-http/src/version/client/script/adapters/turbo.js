// Turbo 8.

import { REQUESTED, on, version } from '../page.js';
import { isRead, track } from '../pending.js';
import { prepareRequest, receiveResponse } from '../requests.js';
import { sameOriginUrl } from '../urls.js';
import { adaptTurbo, hold } from './turbo-reloads.js';

/** @typedef {{ method: string, hash: string, isFrame: boolean, from: string, end: () => void }} TurboRequest */

/**
 * The last request of each element.
 *
 * @type {WeakMap<EventTarget, TurboRequest>}
 */
const requests = new WeakMap();

/**
 * The form submissions in progress, with the functions that end their tracking.
 *
 * @type {Map<import('../libraries').TurboSubmission, (value?: unknown) => void>}
 */
const submissions = new Map();

/** @param {CustomEvent<import('../libraries').TurboRequestDetail>} event */
function beforeRequest({ target, detail: { url, fetchOptions } }) {
  adaptTurbo(() => submissions.size > 0);
  const { method, headers } = fetchOptions;
  prepareRequest(url, method, () => (headers[REQUESTED] = version));
  const element = /** @type {Element} */ (target);
  requests.get(element)?.end();
  if (element === document.documentElement) hold();
  const request = { method, hash: url.hash, isFrame: 'Turbo-Frame' in headers, from: location.href, end: () => {} };
  requests.set(element, request);
  if (!isRead(method) || isPrefetch(element)) return;
  // There is no event if Turbo aborts the request.
  const ended = new Promise((resolve) => {
    request.end = () => resolve(undefined);
    setTimeout(resolve, 10_000);
  });
  track(ended);
}

/**
 * Returns whether the target of a request is a link, and not the page, a frame or a form.
 *
 * @param {Element} target
 */
const isPrefetch = (target) => target.localName === 'a';

/** @param {CustomEvent<import('../libraries').TurboResponseDetail>} event */
function afterResponse({ target, detail: { fetchResponse } }) {
  const element = /** @type {Element} */ (target);
  const request = requests.get(element);
  if (!request || isPrefetch(element)) return;
  const { hash, isFrame, from } = request;
  const submission = removedForm(element);
  const method = submission?.method ?? request.method;
  const { response } = fetchResponse;
  const { redirected, url, headers } = response;
  const isPage = !isFrame && /^(text\/html|application\/xhtml)/.test(`${headers.get('Content-Type')}`);
  const to = url + hash;
  const receive = () => {
    const shown = redirected || isRead(method) ? to : location.href !== from && location.href;
    receiveResponse(response, { method, redirected, isPage, from, target: isPage && shown });
    request.end();
  };
  // Turbo ends a submission before it shows the page of the response. A reload in between would load the old URL.
  const received = afterRender(isPage, receive);
  if (!isRead(method)) track(received);
  // A visitor who sends a form expects another page.
  const isLink = element === document.documentElement && !submission;
  if (isPage) hold(isLink && sameOriginUrl(url) ? { headers, from, to } : undefined);
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
      addEventListener('turbo:render', resolve, { once: true });
      setTimeout(resolve, 1000);
    });
  }
  receive();
}

/** @param {CustomEvent<import('../libraries').TurboSubmitDetail>} event */
function submitStart({ detail: { formSubmission } }) {
  const end = new Promise((resolve) => submissions.set(formSubmission, resolve));
  track(end);
}

/** @param {CustomEvent<import('../libraries').TurboSubmitDetail>} event */
function submitEnd({ detail: { formSubmission } }) {
  submissions.get(formSubmission)?.();
  submissions.delete(formSubmission);
}

export function installTurbo() {
  on('turbo:before-fetch-request', beforeRequest);
  on('turbo:before-fetch-response', afterResponse);
  on('turbo:submit-start', submitStart);
  on('turbo:submit-end', submitEnd);
}
