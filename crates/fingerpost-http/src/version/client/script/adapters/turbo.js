// Turbo 8.

import { MAX_WAIT, REQUESTED, document, on, version } from '../page.js';
import { isRead, track } from '../pending.js';
import { prepareRequest, receiveResponse } from '../requests.js';
import { sameOriginUrl, withoutFragment } from '../urls.js';
import { adaptTurbo, hold } from './turbo-reloads.js';

/**
 * @typedef {object} TurboRequest
 * @property {string} method
 * @property {string} hash
 * @property {boolean} isFrame
 * @property {boolean} isRefresh the URL is the URL of the page
 * @property {string} from the URL of the page when the request was sent
 * @property {() => void} end ends the tracking
 */

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

/** The visitor has clicked a link, and Turbo has not requested its page yet. */
let isClicked = false;

/** @param {CustomEvent<import('../libraries').TurboRequestDetail>} event */
function beforeRequest({ target, detail: { url, fetchOptions } }) {
  adaptTurbo();
  const { method, headers } = fetchOptions;
  prepareRequest(url, method, () => (headers[REQUESTED] = version));
  const element = /** @type {Element} */ (target);
  requests.get(element)?.end();
  const from = location.href;
  const isRefresh = !isClicked && withoutFragment(url.href) === withoutFragment();
  isClicked = false;
  if (element === document.documentElement) hold(isRefresh ? { from, to: from, isRefresh } : undefined);
  const request = { method, hash: url.hash, isFrame: 'Turbo-Frame' in headers, isRefresh, from, end: () => {} };
  requests.set(element, request);
  if (!isRead(method) || isPrefetch(element)) return;
  // There is no event if Turbo aborts the request.
  const ended = new Promise((resolve) => {
    request.end = () => resolve(undefined);
    setTimeout(resolve, MAX_WAIT);
  });
  track(ended, method);
}

/**
 * Returns whether the target of a request is a link, and not the page, a frame or a form.
 *
 * @param {Element} target
 */
const isPrefetch = (target) => target.localName === 'a';

/** The maximum time from the headers of a response to its display, in milliseconds. */
const RENDER_TIME = 1000;

/** @param {CustomEvent<import('../libraries').TurboResponseDetail>} event */
function afterResponse({ target, detail: { fetchResponse } }) {
  const element = /** @type {Element} */ (target);
  const request = requests.get(element);
  if (!request || isPrefetch(element)) return;
  const { hash, isFrame, isRefresh, from } = request;
  const submission = removedForm(element);
  const method = submission?.method ?? request.method;
  const { response } = fetchResponse;
  const { redirected, url, headers } = response;
  const isHtml = /^(text\/html|application\/xhtml)/.test(`${headers.get('Content-Type')}`);
  const isPage = !isFrame && isHtml;
  const to = url + hash;
  const receive = () => {
    const shown = redirected || isRead(method) ? to : location.href !== from && location.href;
    receiveResponse(response, { method, redirected, isPage, from, pageUrl: isPage && shown });
    request.end();
  };
  // Turbo ends a submission before it shows the page of the response. A reload in between would load the old URL.
  const received = afterRender(isHtml && (isFrame ? 'turbo:frame-render' : 'turbo:render'), receive);
  if (!isRead(method)) track(received, method);
  // A visitor who sends a form expects another page.
  const isLink = element === document.documentElement && !submission;
  if (isPage) hold(isLink && sameOriginUrl(url) ? { headers, from, to, isRefresh } : undefined);
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
 * Calls a function after Turbo has displayed a response. Turbo displays no file, and no page before a reload.
 *
 * @param {string | false} renderEvent the event after the display of the response
 * @param {() => void} receive
 */
async function afterRender(renderEvent, receive) {
  if (renderEvent) {
    await new Promise((resolve) => {
      addEventListener(renderEvent, resolve, { once: true });
      setTimeout(resolve, RENDER_TIME);
    });
  }
  receive();
}

/** @param {CustomEvent<import('../libraries').TurboSubmitDetail>} event */
function submitStart({ detail: { formSubmission } }) {
  const end = new Promise((resolve) => submissions.set(formSubmission, resolve));
  track(end, formSubmission.method);
}

/** @param {CustomEvent<import('../libraries').TurboSubmitDetail>} event */
function submitEnd({ detail: { formSubmission } }) {
  submissions.get(formSubmission)?.();
  submissions.delete(formSubmission);
}

export function installTurbo() {
  on('turbo:click', () => (isClicked = true));
  on('turbo:before-fetch-request', beforeRequest);
  on('turbo:before-fetch-response', afterResponse);
  on('turbo:submit-start', submitStart);
  on('turbo:submit-end', submitEnd);
}
