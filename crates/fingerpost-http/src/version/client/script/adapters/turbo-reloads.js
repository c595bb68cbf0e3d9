// Turbo reloads the page by itself if elements with `data-turbo-track="reload"` have changed.

import { act, acted } from '../act.js';
import { versionOf } from '../check.js';
import { hasInput } from '../input.js';
import { on, version as page } from '../page.js';
import { hasWrites } from '../pending.js';

/**
 * A page that Turbo loads for a link or a refresh.
 *
 * @typedef {object} TurboPage
 * @property {Headers} [headers] the headers of the response, if the response is a page
 * @property {string} from
 * @property {string} to
 * @property {boolean} isRefresh the page replaces itself, which is no action of the visitor
 */

/**
 * The last page that Turbo loads.
 *
 * @type {TurboPage | undefined}
 */
let held;

/** The URL of the last link that led to a prompt, unless there was input since then. */
let prompted = '';
let isAdapted = false;

/**
 * Records the page that Turbo loads for a link or a refresh. For other pages, Turbo reloads without a prompt.
 *
 * @param {TurboPage} [next]
 */
export function hold(next) {
  held = next;
}

/** Changes the behavior of Turbo once. The script may run before Turbo. */
export function adaptTurbo() {
  if (isAdapted || !window.Turbo) return;
  isAdapted = true;
  on('input', () => (prompted = ''), true);
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
 * Keeps a page with input or with a write in progress. A link to a page with other tracked elements prompts, and the
 * second click on the link loads its page.
 *
 * @param {import('../libraries').TurboAdapter} adapter
 */
function holdReloads(adapter) {
  const { reload } = adapter;
  adapter.reload = (reason) => {
    const isKept =
      held?.isRefresh || (reason?.reason === 'tracked_element_mismatch' && held?.to !== prompted);
    if (!held || !isKept || !(hasInput() || hasWrites())) return reload?.call(adapter, reason);
    const { headers, from, to, isRefresh } = held;
    // The request of the refresh has failed.
    if (!headers) return;
    const version = versionOf(headers) || page;
    if (!isRefresh) {
      prompted = to;
      acted.delete(version);
    }
    act(version, [{ get: () => 'prompt' }], [{ isRepeatable: true, from, to }]);
  };
}
