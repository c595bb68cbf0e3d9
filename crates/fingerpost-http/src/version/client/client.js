// Detects a new version of the site, and reloads the open page unless a reload would discard input.
// Behavior and configuration: `stale_pages` in the documentation of fingerpost-tower.
// Pages load `client.min.js`: run `tests/minify` after a change.
(() => {
  'use strict';
  const { fetch } = window;
  const script = document.currentScript;
  const page = script?.dataset.version;
  // Run only once per page.
  if (!page || window.fingerpost?.version) return;

  const VERSION = 'X-App-Version';
  const REQUESTED = 'X-App-Requested-Version';
  const PAUSE = 60_000;
  const on = (...args) => document.addEventListener(...args);

  // --- Requests and responses ---

  const absolute = (url) => new URL(url, document.baseURI);
  // Returns the URL if its origin is the origin of the page, and `undefined` for other URLs, such as `javascript:`.
  function sameOriginUrl(text) {
    try {
      const url = absolute(text);
      // A `blob:` URL has the origin of a page, so the protocol is compared, too.
      if (url.origin === location.origin && url.protocol === location.protocol) return url;
    } catch {}
  }
  const isRead = (method) => /^(get|head)$/i.test(method);
  const withoutFragment = (url) => url.split('#')[0];

  function prepare(url, method, set) {
    if (!isRead(method)) rememberSent();
    if (sameOriginUrl(url)) set(REQUESTED, page);
  }

  // Addresses whose page is the response to a POST. A reload cannot restore such a page.
  const posted = new Set();
  if ('posted' in script.dataset) posted.add(withoutFragment(location.href));

  // Returns the path in the header `HX-Location`, which may be JSON.
  function pathOf(hxLocation) {
    try {
      return /^{/.test(hxLocation) ? JSON.parse(hxLocation).path : hxLocation;
    } catch {}
  }

  // Evaluates a response. `push` is the value of `hx-push-url`. `from` is the address when the request was sent.
  function evaluate(response, { method, boosted, push, anchor, from = location.href }) {
    const { url, status, redirected, headers } = response;
    if (!sameOriginUrl(url)) return;
    const hxLocation = headers.get('HX-Location');
    const target = String((hxLocation === null ? push || boosted : pathOf(hxLocation)) || false);
    let to = target !== 'false' && sameOriginUrl(target === 'true' ? url : target);
    if (to && anchor) to.hash = anchor;
    to &&= to.href;
    const isLasting = isRead(method) || redirected || (hxLocation !== null && Boolean(to));
    const shown = withoutFragment(to || from);
    if (to && boosted && isLasting && status === 200) {
      posted.delete(shown);
      sent.clear();
    } else if ((to || boosted) && (!isLasting || posted.has(withoutFragment(from)))) {
      posted.add(shown);
    }
    const version = headers.get(VERSION);
    if (status !== 409 && (!version || version === page)) return;
    check(version ?? '', headers, { isLasting, from, to: isLasting && to });
  }

  // htmx 1.9 and 2
  on('htmx:beforeSend', ({ detail: { xhr, pathInfo, requestConfig: { verb } } }) => {
    prepare(pathInfo.finalRequestPath, verb, (name, value) => xhr.setRequestHeader(name, value));
    during(verb, new Promise((resolve) => (xhr.onloadend = resolve)));
  });
  on('htmx:afterRequest', ({ detail: { xhr, boosted, pathInfo, requestConfig, etc } }) => {
    const { status, responseURL: url } = xhr;
    const redirected = url !== withoutFragment(absolute(pathInfo.finalRequestPath).href);
    const response = { url, status, redirected, headers: { get: (name) => xhr.getResponseHeader(name) } };
    const { verb: method, headers, elt } = requestConfig;
    const ofElement = (name) => elt.closest(`[${name}]`)?.getAttribute(name);
    const push = etc.push ?? ofElement('hx-push-url') ?? ofElement('data-hx-push-url');
    evaluate(response, { method, boosted, push, anchor: pathInfo.anchor, from: headers['HX-Current-URL'] });
  });

  // htmx 4
  on('htmx:before:request', ({ detail: { ctx } }) => {
    const { request, fetch } = ctx;
    prepare(request.action, request.method, (name, value) => (request.headers[name] = value));
    ctx.fetch = (...args) => during(request.method, fetch(...args));
  });
  on('htmx:after:request', (event) => {
    const { request: { method, headers, anchor }, response: { raw }, push } = event.detail.ctx;
    evaluate(raw, { method, boosted: headers['HX-Boosted'], push, anchor, from: headers['HX-Current-URL'] });
    // The 409 of a router has no content to display.
    if (raw.headers.has('X-App-Version-Refused')) event.preventDefault();
  });

  async function versionedFetch(input, init) {
    const request = new Request(input, init);
    prepare(request.url, request.method, (name, value) => request.headers.set(name, value));
    const response = await during(request.method, fetch(request));
    evaluate(response, { method: request.method });
    return response;
  }

  // The Back button restores outdated pages from the bfcache and from the history cache of htmx.
  for (const name of ['pageshow', 'popstate'])
    window.addEventListener(name, ({ persisted }) => {
      if (persisted) leftAt = 0;
      if (persisted !== false) check('', new Headers(), { isLasting: true });
    });

  // --- Pending requests ---

  let cancelReload;
  let writes = 0;
  let leftAt = 0;
  // `leftAt` expires after `PAUSE`, because a download also fires `beforeunload`.
  window.addEventListener('beforeunload', () => (leftAt = Date.now()));
  const isBusy = () => writes > 0 || Date.now() - leftAt < PAUSE;

  function during(method, request) {
    if (isRead(method)) return request;
    writes++;
    return request.finally(() => writes--);
  }

  // --- Checking the version and acting ---

  // A later `<base>` must not affect this URL.
  const endpoint = new URL('version', new URL(script.getAttribute('src'), location));
  const checked = new Map();
  const settled = new Set();
  let waiting;

  // The request bypasses caches, because cached responses may have an outdated version.
  async function check(version, headers, visit) {
    waiting?.push(visit);
    if (waiting || settled.has(version) || Date.now() - checked.get(version) < PAUSE) return;
    waiting = [visit];
    checked.set(version, Date.now());
    let now, current;
    try {
      const signal = AbortSignal.timeout(10_000);
      now = await fetch(endpoint, { cache: 'no-store', headers: { [REQUESTED]: page }, signal });
      if (now.ok) current = (await now.json()).version;
      if (now.status === 409) current = now.headers.get(VERSION) ?? version;
    } catch {}
    // After ten seconds, the loop ends, and `act` prompts.
    for (let i = 0; isBusy() && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 100));
    const visits = waiting;
    waiting = undefined;
    // Without a network or a server behind the proxy, the next response triggers another check.
    if (typeof current !== 'string') return checked.delete(version);
    if (now.status !== 409 && current === page) return;
    // Prefer the action in a response of the current version: a part of a site may have another action. Cached responses may
    // have outdated actions.
    const sources = [now.headers, headers];
    if (headers.get(VERSION) === current) sources.reverse();
    act(current, sources, visits);
  }

  function act(version, sources, visits) {
    if (settled.has(version)) return;
    settled.add(version);
    // If the address has changed, htmx has already navigated to the new address.
    const url = () => visits.filter(({ from, to }) => to && from === location.href).pop()?.to ?? location.href;
    const candidates = [...sources.map((headers) => headers.get('X-App-Version-Action')), script.dataset.action, 'reload'];
    let action = candidates.find((word) => Object.hasOwn(actions, word));
    const losesInput =
      isBusy() || posted.has(withoutFragment(url())) || hasInput() || !visits.every(({ isLasting }) => isLasting);
    if (action === 'reload' && (losesInput || !mayReload(version))) action = 'prompt';
    const detail = { page, version, action, url: url() };
    const event = new CustomEvent('fingerpost:version-mismatch', { bubbles: true, cancelable: true, detail });
    if (document.dispatchEvent(event)) actions[action](version, url);
  }

  const actions = {
    reload: (version, url) => {
      loadPage(url());
      // If the user types before the new page loads, keep the old page.
      cancelReload = () => (window.stop(), (leftAt = 0), showBanner(version, url));
    },
    prompt: showBanner,
    warn: (version) => console.warn(`This page is of version ${page}; the site has moved on to ${version}.`),
    ignore: () => {},
  };

  // Allows one reload per version, and one per minute. Without session storage, no reload is allowed: a cache may contain the
  // old page.
  function mayReload(version) {
    const key = 'fingerpost:reloads';
    try {
      const [last, ...versions] = JSON.parse(sessionStorage.getItem(key)) ?? [0];
      if (versions.includes(version) || Date.now() - last < PAUSE) return false;
      sessionStorage.setItem(key, JSON.stringify([Date.now(), ...versions, version]));
      return true;
    } catch {
      return false;
    }
  }

  function loadPage(url) {
    cancelReload = undefined;
    try {
      // The history cache of htmx 1 and 2 contains outdated pages.
      for (const storage of [sessionStorage, localStorage]) storage.removeItem('htmx-history-cache');
    } catch {}
    if (withoutFragment(url) !== withoutFragment(location.href)) return location.assign(url);
    // Without `replaceState`, a reload of the response to a POST would send the POST again.
    history.replaceState(history.state, '', url);
    location.reload();
  }

  // --- Unsaved input ---

  const FIELDS = 'input, textarea, select';
  const fields = () => [...document.querySelectorAll(FIELDS)];
  const content = ({ options, value, textContent, checked }) =>
    options ? [...options].map((option) => option.value + option.selected).join() : (value ?? textContent) + checked;
  // Sent values by field name, without passwords.
  const sent = new Map();
  const typed = new Map();

  // Records the last input into fields, and the original content of other elements: `contenteditable`, custom elements.
  const touch = (event) => {
    const [target] = event.composedPath();
    cancelReload = cancelReload?.();
    if (event.type === 'input' ? target.matches?.(FIELDS) : !typed.has(target)) typed.set(target, content(target));
    typed.forEach((_, element) => element.isConnected || typed.delete(element));
  };
  for (const name of ['beforeinput', 'input']) on(name, touch, true);

  function rememberSent() {
    for (const field of fields()) if (field.type !== 'password' && isInput(field)) sent.set(field.name, content(field));
  }

  const hasInput = () => [...fields(), ...typed.keys()].some((element) => element.isConnected && isInput(element));

  function isInput(element) {
    const now = content(element);
    const typedValue = typed.get(element);
    if (!element.matches?.(FIELDS)) return now !== typedValue;
    // Reads the value after a reset from a copy. In the document of a `template`, custom elements are inert.
    const { ownerDocument } = document.createElement('template').content;
    const form = document.createElement('form');
    const fresh = form.appendChild(ownerDocument.importNode(element, true));
    // A field may be named `reset`.
    HTMLFormElement.prototype.reset.call(form);
    const before = content(fresh);
    const last = sent.get(element.name);
    // Rich text editors empty a hidden `textarea`.
    const isEditorField = element.localName === 'textarea' && ![undefined, now, last].includes(typedValue);
    // After a validation error the form has the sent values again. A partially typed date is bad input.
    return now !== before || before === last || isEditorField || element.validity.badInput;
  }

  // --- The banner ---

  function showBanner(version, url) {
    document.querySelector('fingerpost-banner')?.remove();
    const words = document.querySelector('meta[name=fingerpost-banner]')?.content;
    const [text, reload, later] = (words || 'A new version of this page is available.|Reload|Later').split('|');
    const banner = document.createElement('fingerpost-banner');
    if (!words) banner.lang = 'en';
    const root = banner.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    let before;
    banner.addEventListener('focusin', ({ relatedTarget }) => (before = relatedTarget));
    const close = () => (banner.remove(), before?.focus());
    const add = (parent, tag, part, textContent, onclick) =>
      parent.appendChild(Object.assign(document.createElement(tag), { part, textContent, onclick }));

    const box = add(root, 'div', 'banner');
    const status = add(box, 'p', 'text');
    status.setAttribute('role', 'status');
    add(box, 'button', 'button reload', reload, () => (mayReload(version), loadPage(url())));
    add(box, 'button', 'button later', later, close);
    banner.onkeydown = ({ key }) => key === 'Escape' && close();
    // htmx replaces the body, so the banner is a child of the root element.
    document.documentElement.append(banner);
    // Screen readers only announce changes of an existing status element.
    setTimeout(() => (status.textContent = text), 100);
  }

  const STYLE = `
    :host { all: initial; color-scheme: light dark }
    div {
      position: fixed; inset: auto 1rem 1rem; z-index: 2147483647; inline-size: fit-content; margin-inline: auto;
      display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; padding: .75rem 1rem;
      color: var(--fingerpost-color, CanvasText); background: var(--fingerpost-background, Canvas);
      font: 1rem/1.4 system-ui, sans-serif; border: 1px solid GrayText; border-radius: .5rem; box-shadow: 0 .25rem 1.5rem #0006;
    }
    div:has(p:empty) { opacity: 0 }
    p { flex: 1 12rem; margin: 0; margin-inline-end: .5rem; unicode-bidi: plaintext }
    button { font: inherit; color: inherit; background: none; border: 1px solid; border-radius: inherit; padding: .5rem 1rem }
    [part~=reload] { color: var(--fingerpost-background, Canvas); background: var(--fingerpost-accent, CanvasText) }
    button:focus-visible { outline: 2px solid; outline-offset: 2px }
    @media print { div { display: none } }`;

  window.fingerpost = Object.freeze({ version: page, fetch: versionedFetch });
})();
