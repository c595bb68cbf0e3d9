// Tells an open page that its site has moved on to another version, and renews it without losing anybody's work.
// How it behaves, and how pages have a say: the documentation of fingerpost-tower, module `stale_pages`.
(() => {
  'use strict';
  const { fetch, document, location } = window;
  const script = document.currentScript;
  const page = script?.dataset.version;
  // A second copy has nothing to do, nor has one that does not know its page's version.
  if (!page || window.fingerpost?.version) return;

  const REQUESTED = 'X-App-Requested-Version';
  const PAUSE = 60_000;

  // --- Requests, and what their answers say ---

  const isOurs = (url) => new URL(url, document.baseURI).origin === location.origin;
  const isRead = (method) => /^(get|head)$/i.test(method);

  function prepare(url, method, send) {
    if (!isRead(method)) rememberSent();
    if (isOurs(url)) send(REQUESTED, page);
  }

  // `push` is that of htmx: `true`, `false`, an address. `from` is where the visitor was when asking.
  function note(answer, { method = 'GET', push, anchor, from = location.href }) {
    if (!isOurs(answer.url)) return;
    const version = answer.headers.get('X-App-Version');
    if (answer.status !== 409 && (!version || version === page)) return;
    // What answers a POST cannot be had again.
    const isLasting = isRead(method) || answer.redirected;
    let url;
    if (isLasting && push && push !== 'false') {
      url = new URL(push === 'true' ? answer.url : push, document.baseURI);
      if (anchor) url.hash = anchor;
    }
    ask(version ?? '', answer, { isLasting, from, url: url?.href });
  }

  // htmx 1.9 and 2
  document.addEventListener('htmx:beforeRequest', ({ detail: { xhr, pathInfo, requestConfig } }) => {
    prepare(pathInfo.finalRequestPath, requestConfig.verb, (name, value) => xhr.setRequestHeader(name, value));
  });
  document.addEventListener('htmx:afterRequest', ({ detail: { xhr, boosted, pathInfo, requestConfig } }) => {
    const { status, responseURL: url } = xhr;
    const redirected = url !== new URL(pathInfo.finalRequestPath, document.baseURI).href.split('#')[0];
    const { verb: method, headers, elt } = requestConfig;
    const find = (name) => elt.closest(`[${name}]`)?.getAttribute(name) ?? elt.closest(`[data-${name}]`)?.getAttribute(`data-${name}`);
    const push = boosted ? 'true' : (find('hx-push-url') ?? find('hx-replace-url'));
    const answer = { url, status, redirected, headers: { get: (name) => xhr.getResponseHeader(name) } };
    note(answer, { method, push, anchor: pathInfo.anchor, from: headers['HX-Current-URL'] });
  });

  // htmx 4
  document.addEventListener('htmx:before:request', ({ detail: { ctx: { request } } }) => {
    prepare(request.action, request.method, (name, value) => (request.headers[name] = value));
  });
  document.addEventListener('htmx:after:request', (event) => {
    const { request: { method, headers, anchor }, response: { raw }, push, replace } = event.detail.ctx;
    const wish = headers['HX-Boosted'] ? 'true' : (push ?? replace);
    note(raw, { method, anchor, push: wish, from: headers['HX-Current-URL'] });
    // The router's list of versions is nothing to show.
    if (raw.status === 409 && /json/.test(raw.headers.get('Content-Type'))) event.preventDefault();
  });

  async function versionedFetch(input, init) {
    const request = new Request(input, init);
    prepare(request.url, request.method, (name, value) => request.headers.set(name, value));
    const answer = await fetch(request);
    note(answer, { method: request.method });
    return answer;
  }

  // A page that Back takes out of memory is as old as when it was left.
  addEventListener('pageshow', ({ persisted }) => persisted && ask('', null, { isLasting: true }));

  // --- Asking the server, and acting ---

  const asked = new Map();
  const settled = new Set();
  let noted;

  // One check with the server: an answer from a cache carries the version of its day.
  async function ask(version, answer, wish) {
    noted?.push(wish);
    if (noted || settled.has(version) || Date.now() - asked.get(version) < PAUSE) return;
    noted = [wish];
    asked.set(version, Date.now());
    let now;
    let current;
    try {
      now = await fetch(new URL('version', script.src), { cache: 'no-store', headers: { [REQUESTED]: page } });
      current = now.status === 409 ? (now.headers.get('X-App-Version') ?? version) : now.ok && (await now.json()).version;
    } catch {
      // No network: the next answer asks again.
      asked.delete(version);
    }
    const wishes = noted;
    noted = undefined;
    if (now?.status === 409 || (current && current !== page)) act(current, [now, answer], wishes);
  }

  function act(version, answers, wishes) {
    if (settled.has(version)) return;
    settled.add(version);
    // If the address has changed since, htmx has gone there already.
    const url = () => wishes.findLast((wish) => wish.url && wish.from === location.href)?.url ?? location.href;
    const words = [...answers.map((answer) => answer?.headers.get('X-App-Version-Action')), script.dataset.action, 'reload'];
    let action = words.find((word) => Object.hasOwn(actions, word));
    const isSafe = wishes.every(({ isLasting }) => isLasting) && mayReload(version) && !hasWork();
    if (action === 'reload' && !isSafe) action = 'prompt';
    const detail = { page, version, action, url: url() };
    const event = new CustomEvent('fingerpost:version-mismatch', { bubbles: true, cancelable: true, detail });
    if (document.dispatchEvent(event)) actions[action](version, url);
  }

  const actions = {
    reload: (version, url) => (remember(version) ? renew(url()) : offer(version, url)),
    prompt: (version, url) => offer(version, url),
    warn: (version) => console.warn(`This page is of version ${page}; the site has moved on to ${version}.`),
    ignore: () => {},
  };

  // --- Reloading: once per version, and never twice in a row ---

  const MEMORY = 'fingerpost:reloads';
  const recall = () => JSON.parse(sessionStorage.getItem(MEMORY)) ?? [0];

  // Without a memory no page reloads: one that a cache keeps serving would do so for ever.
  function mayReload(version) {
    try {
      const [last, ...versions] = recall();
      return !versions.includes(version) && Date.now() - last > PAUSE;
    } catch {
      return false;
    }
  }

  function remember(version) {
    try {
      const [, ...versions] = recall();
      sessionStorage.setItem(MEMORY, JSON.stringify([Date.now(), ...versions, version]));
      return true;
    } catch {
      return false;
    }
  }

  function renew(url) {
    // What htmx 1 and 2 would show for Back is of the old version, too.
    for (const storage of ['localStorage', 'sessionStorage']) {
      try { window[storage].removeItem('htmx-history-cache'); } catch {}
    }
    const [there, here] = [url, location.href].map((href) => href.split('#')[0]);
    if (there !== here) return location.assign(url);
    if (url !== location.href) location.replace(url);
    location.reload();
  }

  // --- Whether somebody's work would be lost ---

  const fields = () => [...document.querySelectorAll('input, textarea, select')];
  const content = (element) => element.value ?? element.textContent;
  const typed = new Map();
  const sent = new Set();

  // `contenteditable`, custom elements, fields in open shadow roots: what was typed into, and what it held before.
  const onInput = (event) => {
    const [target] = event.composedPath();
    for (const element of typed.keys()) if (!element.isConnected) typed.delete(element);
    if (!typed.has(target)) typed.set(target, event.type === 'beforeinput' ? content(target) : undefined);
  };
  document.addEventListener('beforeinput', onInput, true);
  document.addEventListener('input', onInput, true);

  // A form with mistakes is shown again, filled in with what was sent.
  function rememberSent() {
    for (const field of fields().filter(isChanged)) if (field.value) sent.add(field.value);
  }

  function hasWork() {
    const isSent = (field) => field.defaultValue && field.type !== 'hidden' && sent.has(field.value);
    return fields().some((field) => isChanged(field) || isSent(field)) || [...typed.keys()].some(isChanged);
  }

  function isChanged(element) {
    if (!element.isConnected) return false;
    if (!element.matches('input, textarea, select')) return content(element) !== typed.get(element);
    // What a reset makes of a copy: of a nameless one, which cannot stand in the way of `form.reset`, made where no custom
    // element comes to life.
    const fresh = document.implementation.createHTMLDocument().importNode(element, true);
    fresh.removeAttribute('name');
    const form = document.createElement('form');
    form.append(fresh);
    form.reset();
    const isOther = (option, index) => option.selected !== fresh.options[index].selected;
    if (element.options) return [...element.options].some(isOther);
    // A date of which the day alone has been typed has no value yet.
    return element.validity.badInput || element.checked !== fresh.checked || element.value !== fresh.value;
  }

  // --- The banner ---

  function offer(version, url) {
    document.querySelector('fingerpost-banner')?.remove();
    const banner = document.createElement('fingerpost-banner');
    const root = banner.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];

    const add = (parent, tag, part, text = '') => {
      const element = Object.assign(document.createElement(tag), { part, textContent: text });
      return parent.appendChild(element);
    };
    const box = add(root, 'div', 'banner');
    const words = document.querySelector('meta[name=fingerpost-banner]')?.content;
    const [text, reload, later] = (words ?? 'A new version of this page is available.|Reload|Later').split('|');
    const status = add(box, 'p', 'text');
    status.setAttribute('role', 'status');
    const close = () => banner.remove();
    add(box, 'button', 'button reload', reload).onclick = () => (remember(version), renew(url()));
    add(box, 'button', 'button later', later).onclick = close;
    banner.onkeydown = ({ key }) => key === 'Escape' && close();
    // Not in the body, which htmx swaps.
    document.documentElement.append(banner);
    // Screen readers announce what changes in a status that was there before.
    setTimeout(() => (status.textContent = text), 100);
  }

  const STYLE = `
    :host { all: initial; color-scheme: light dark }
    div {
      position: fixed; inset: auto 1rem 1rem; z-index: 2147483647; box-sizing: border-box;
      inline-size: fit-content; max-inline-size: calc(100% - 2rem); margin-inline: auto; padding: .75rem 1rem;
      display: flex; flex-wrap: wrap; align-items: center; gap: .5rem;
      font: var(--fingerpost-font, 1rem/1.4 system-ui, sans-serif);
      color: var(--fingerpost-color, CanvasText); background: var(--fingerpost-background, Canvas);
      border: 1px solid; border-radius: var(--fingerpost-radius, .5rem); box-shadow: 0 .25rem 1.5rem #0006;
      animation: rise .2s;
    }
    div:has(:empty) { opacity: 0 }
    p { flex: 1 12rem; margin: 0; margin-inline-end: .5rem }
    button { font: inherit; color: inherit; background: none; border: 1px solid; border-radius: inherit; padding: .5rem 1rem }
    [part~=reload] { color: var(--fingerpost-background, Canvas); background: var(--fingerpost-accent, LinkText) }
    button:focus-visible { outline: 3px solid var(--fingerpost-accent, LinkText); outline-offset: 2px }
    @keyframes rise { from { translate: 0 1rem; opacity: 0 } }
    @media (prefers-reduced-motion: reduce) { div { animation: none } }
    @media print { div { display: none } }`;

  window.fingerpost = Object.freeze({ version: page, fetch: versionedFetch });
})();
