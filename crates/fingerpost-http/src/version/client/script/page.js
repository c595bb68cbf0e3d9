// The page in which the script runs.

/**
 * The document without the elements that hide its properties, such as `<img name="createElement">`.
 *
 * @type {Document}
 */
export const document = new Proxy(window.document, {
  get(target, name) {
    const value = Reflect.get(Document.prototype, name, target);
    // Methods of the browser accept only the document itself.
    return value?.bind?.(target) ?? value;
  },
});

/** The script tag that the server inserts. `null` if another script evaluates this code. */
export const script = /** @type {HTMLElement | null} */ (document.currentScript);

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

/** The maximum time that a check waits for the server, and then for requests of the page, in milliseconds. */
export const MAX_WAIT = 10_000;

/** The minimum time between two reloads, and between two checks for the same reason, in milliseconds. */
export const PAUSE = 60_000;

/** Returns whether a time is less than `PAUSE` ago. */
export const isRecent = (time = 0) => Date.now() - time < PAUSE;

/**
 * Listens to an event. The events of the document and of libraries bubble to the window.
 *
 * @type {(name: string, listener: (event: any) => void, capture?: boolean) => void}
 */
export const on = window.addEventListener;
