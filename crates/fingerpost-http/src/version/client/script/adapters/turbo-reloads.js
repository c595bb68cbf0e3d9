// Turbo reloads the page by itself if elements with `data-turbo-track="reload"` have changed.

import { act, checked } from '../act.js';
import { versionOf } from '../check.js';
import { hasInput } from '../input.js';
import { on, version as page } from '../page.js';
import { withoutFragment } from '../urls.js';

/** @typedef {{ headers: Headers, from: string, to: string }} LinkResponse */

/**
 * The last page that Turbo has loaded for a link or a refresh.
 *
 * @type {LinkResponse | undefined}
 */
let held;

/** The URL of the last link that led to a prompt, unless there was input since then. */
let prompted = '';
let isAdapted = false;

/**
 * Records the page that Turbo loads for a link or a refresh. For other pages, Turbo reloads without a prompt.
 *
 * @param {LinkResponse} [response]
 */
export function hold(response) {
  held = response;
}

/**
 * Changes the behavior of Turbo once. The script may run before Turbo.
 *
 * @param {() => boolean} isSubmitting
 */
export function adaptTurbo(isSubmitting) {
  if (isAdapted || !window.Turbo) return;
  isAdapted = true;
  on('input', () => (prompted = ''), true);
  renderWriteResponses(window.Turbo.PageRenderer.prototype);
  holdReloads(window.Turbo.session.adapter, isSubmitting);
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
 * Prompts before Turbo reloads a page with input or with a form in progress. A second click on a link loads its page.
 *
 * @param {import('../libraries').TurboAdapter} adapter
 * @param {() => boolean} isSubmitting
 */
function holdReloads(adapter, isSubmitting) {
  const { reload } = adapter;
  adapter.reload = (reason) => {
    if (!held || held.to === prompted || !(hasInput() || isSubmitting())) return reload?.call(adapter, reason);
    const { headers, from, to } = held;
    const version = versionOf(headers) || page;
    // A refresh is not an action of the visitor.
    prompted = withoutFragment(to) === withoutFragment(from) ? '' : to;
    checked.delete(version);
    act(version, [{ get: () => 'prompt' }], [{ isRepeatable: true, from, to }]);
  };
}
