// The page in which the script runs.

/**
 * The script tag that the server inserts. `null` if another script evaluates this code. In `document.currentScript`, an
 * element with this name would take precedence.
 */
export const script = /** @type {HTMLElement | null} */ (Reflect.get(Document.prototype, 'currentScript', document));

/** The version and the action of the page, and `posted` if the page is the response to a POST. */
export const { version = '', action, posted } = script?.dataset ?? {};

/** The URL of the current version. Unlike `script.src`, the URL does not depend on a `<base>`. */
export const endpoint = new URL(`${script?.getAttribute('src')}/../version`, location.href);

/** The browser's `fetch`, which a page may replace with `fingerpost.fetch`. */
export const { fetch } = window;

/** The response header with the version of the server. */
export const VERSION = 'X-App-Version';

/** The request header with the version of the page. */
export const REQUESTED = 'X-App-Requested-Version';

/** The minimum time between two reloads, and between two checks for the same reason, in milliseconds. */
export const PAUSE = 60_000;

/** Returns whether a time is less than `PAUSE` ago. */
export const isRecent = (time = 0) => Date.now() - time < PAUSE;

/**
 * Listens to an event. The events of the document and of libraries bubble to the window.
 *
 * @param {string} name
 * @param {(event: any) => void} listener
 * @param {boolean} [capture]
 */
export const on = (name, listener, capture) => addEventListener(name, listener, capture);
