// Acts on a new version of the site.

import { showBanner } from './banner.js';
import { hasInput } from './input.js';
import { document, action as pageAction, version as page } from './page.js';
import { isBusy } from './pending.js';
import { postedPages } from './posted.js';
import { loadPage, mayReload } from './reload.js';
import { withoutFragment } from './urls.js';

/** @typedef {{ get(name: string): string | null }} ReadableHeaders */

/**
 * A response that led to a check.
 *
 * @typedef {object} Visit
 * @property {boolean} [isRepeatable] a reload can request the response again
 * @property {string} [from] the URL of the page when the request was sent
 * @property {string | false} [to] the URL of the page with the response
 */

/**
 * The versions for which the page has performed its action.
 *
 * @type {Set<string | undefined>}
 */
export const acted = new Set();

/** @type {Record<string, (version: string, url: () => string) => void>} */
const actions = {
  reload: (version, url) => loadPage(version, url(), () => showBanner(version, url)),
  prompt: showBanner,
  warn: (version) => console.warn(`A new version of this page is available: ${version}`),
  ignore: () => {},
};

/**
 * Performs the action for a version once, unless an event listener prevents the action.
 *
 * @param {string} version
 * @param {ReadableHeaders[]} sources headers with an action, in the order of precedence
 * @param {Visit[]} visits
 */
export function act(version, sources, visits) {
  if (acted.has(version)) return;
  acted.add(version);
  // If the URL has changed, a library has already navigated.
  const url = () =>
    visits.findLast(({ from, to }) => to && from === location.href)?.to || location.href;
  const losesContent = () =>
    isBusy() ||
    hasInput() ||
    postedPages.has(withoutFragment(url())) ||
    visits.some(({ isRepeatable }) => !isRepeatable);
  let action = requestedAction(sources);
  if (action === 'reload' && (losesContent() || !mayReload(version))) action = 'prompt';
  const event = new CustomEvent('fingerpost:version-mismatch', {
    bubbles: true,
    cancelable: true,
    detail: { page, version, action, url: url() },
  });
  if (document.dispatchEvent(event)) actions[action](version, url);
}

/** @param {ReadableHeaders[]} sources */
function requestedAction(sources) {
  const words = [...sources.map((headers) => headers.get('X-App-Version-Action')), pageAction];
  return words.find((word) => Object.hasOwn(actions, `${word}`)) ?? 'reload';
}
