// Tells an open page that its site has moved on to another version, and renews it without losing anybody's work.
// What it promises, and how pages have a say: `stale_pages` in the documentation of fingerpost-tower.
(() => {
  'use strict';
  const { fetch } = window;
  const script = document.currentScript;
  const page = script?.dataset.version;
  // A second copy has nothing to do.
  if (!page || window.fingerpost?.version) return;

  const VERSION = 'X-App-Version';
  const REQUESTED = 'X-App-Requested-Version';
  const PAUSE = 60_000;
  const on = (name, listener) => document.addEventListener(name, listener);

  // --- Requests, and what their answers say ---

  const isOurs = (url) => new URL(url, document.baseURI).origin === location.origin;
  const isRead = (method) => /^(get|head)$/i.test(method);

  function prepare(url, method, set) {
    if (!isRead(method)) rememberSent();
    if (isOurs(url)) set(REQUESTED, page);
  }

  // `push` is what htmx makes of `hx-push-url`, `from` the address when it asked.
  function note(answer, { method, from = location.href, push, anchor }) {
    const { url, status, redirected, headers } = answer;
    if (!isOurs(url)) return;
    const version = headers.get(VERSION);
    if (status !== 409 && (!version || version === page)) return;
    // The answer to a POST cannot be had again.
    const isLasting = isRead(method) || redirected;
    const aim = String(push || false);
    const wish = isLasting && aim !== 'false' && new URL(aim === 'true' ? url : aim, document.baseURI);
    if (wish && anchor) wish.hash = anchor;
    check(version ?? '', headers, { isLasting, from, to: wish && wish.href });
  }

  // htmx 1.9 and 2
  on('htmx:beforeRequest', ({ detail: { xhr, pathInfo, requestConfig } }) => {
    prepare(pathInfo.finalRequestPath, requestConfig.verb, (name, value) => xhr.setRequestHeader(name, value));
  });
  on('htmx:afterRequest', ({ detail: { xhr, boosted, pathInfo, requestConfig } }) => {
    const { status, responseURL: url } = xhr;
    const asked = new URL(pathInfo.finalRequestPath, document.baseURI).href.split('#')[0];
    const answer = { url, status, redirected: url !== asked, headers: { get: (name) => xhr.getResponseHeader(name) } };
    const { verb: method, headers, elt } = requestConfig;
    const ofElement = (name) => elt.closest(`[${name}]`)?.getAttribute(name);
    const push = boosted ? 'true' : (ofElement('hx-push-url') ?? ofElement('data-hx-push-url'));
    note(answer, { method, push, anchor: pathInfo.anchor, from: headers['HX-Current-URL'] });
  });

  // htmx 4
  on('htmx:before:request', ({ detail: { ctx: { request } } }) => {
    prepare(request.action, request.method, (name, value) => (request.headers[name] = value));
  });
  on('htmx:after:request', (event) => {
    const { request: { method, headers, anchor }, response: { raw }, push } = event.detail.ctx;
    note(raw, { method, anchor, push: headers['HX-Boosted'] ?? push, from: headers['HX-Current-URL'] });
    // A router's list of versions is nothing to show.
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
  window.addEventListener('pageshow', ({ persisted }) => persisted && check('', new Headers(), { isLasting: true }));

  // --- Asking the server, and acting ---

  const checked = new Map();
  const settled = new Set();
  let waiting;

  // An answer from a cache carries the version of its day, so the server has the last word.
  async function check(version, headers, visit) {
    waiting?.push(visit);
    if (waiting || settled.has(version) || Date.now() - checked.get(version) < PAUSE) return;
    waiting = [visit];
    checked.set(version, Date.now());
    let now, current;
    try {
      now = await fetch(new URL('version', script.src), { cache: 'no-store', headers: { [REQUESTED]: page } });
      if (now.ok) current = (await now.json()).version;
      if (now.status === 409) current = now.headers.get(VERSION) ?? version;
    } catch {}
    const visits = waiting;
    waiting = undefined;
    // No network, or no server behind the proxy: the next answer asks again.
    if (typeof current !== 'string') return checked.delete(version);
    if (now.status !== 409 && current === page) return;
    // A part of a site may have an action of its own, but what a cache kept tells of its day.
    const said = [now.headers, headers];
    if (headers.get(VERSION) === current) said.reverse();
    act(current, said, visits);
  }

  function act(version, said, visits) {
    if (settled.has(version)) return;
    settled.add(version);
    // If the address is another one by now, htmx has gone there already.
    const url = () => visits.filter(({ from, to }) => to && from === location.href).pop()?.to ?? location.href;
    const words = [...said.map((headers) => headers.get('X-App-Version-Action')), script.dataset.action, 'reload'];
    let action = words.find((word) => Object.keys(actions).includes(word));
    // A page that answers a form cannot be had again, either.
    const loses = () => 'posted' in script.dataset || hasWork() || !visits.every(({ isLasting }) => isLasting);
    if (action === 'reload' && (loses() || !mayReload(version))) action = 'prompt';
    const detail = { page, version, action, url: url() };
    const event = new CustomEvent('fingerpost:version-mismatch', { bubbles: true, cancelable: true, detail });
    if (document.dispatchEvent(event)) actions[action](version, url);
  }

  const actions = {
    reload: (_, url) => renew(url()),
    prompt: (version, url) => offer(version, url),
    warn: (version) => console.warn(`This page is of version ${page}; the site has moved on to ${version}.`),
    ignore: () => {},
  };

  // Once per version, and never twice in a row. Without a memory not at all: a cache may keep serving the old page.
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

  function renew(url) {
    try {
      // Where htmx 1 and 2 keep the pages for Back, as they were.
      for (const storage of [sessionStorage, localStorage]) storage.removeItem('htmx-history-cache');
    } catch {}
    if (url.split('#')[0] !== location.href.split('#')[0]) return location.assign(url);
    // Without it, a page that answered a POST would be posted again.
    history.replaceState(history.state, '', url);
    location.reload();
  }

  // --- Whether somebody's work would be lost ---

  const FIELDS = 'input, textarea, select';
  const fields = () => [...document.querySelectorAll(FIELDS)];
  const content = (element) => element.value ?? element.textContent;
  const typed = new Map();
  const sent = new Set();

  // What was typed into, and held before: `contenteditable`, custom elements, fields in open shadow roots.
  on('beforeinput', (event) => {
    const [target] = event.composedPath();
    for (const element of typed.keys()) if (!element.isConnected) typed.delete(element);
    if (!typed.has(target)) typed.set(target, content(target));
  });

  // A form with mistakes comes back filled in with what was sent.
  function rememberSent() {
    for (const { value, defaultValue } of fields()) if (value !== defaultValue) sent.add(value);
  }

  function hasWork() {
    const isSent = ({ value, defaultValue }) => defaultValue && sent.has(value);
    return [...fields(), ...typed.keys()].some((element) => element.isConnected && (isChanged(element) || isSent(element)));
  }

  function isChanged(element) {
    if (!element.matches(FIELDS)) return content(element) !== typed.get(element);
    // What a reset makes of a copy, taken where no custom element comes to life.
    const { ownerDocument } = document.createElement('template').content;
    const form = document.createElement('form');
    const fresh = form.appendChild(ownerDocument.importNode(element, true));
    // The field may be called `reset`.
    HTMLFormElement.prototype.reset.call(form);
    if (element.options) return [...element.options].some((option, i) => option.selected !== fresh.options[i].selected);
    // A date that is half typed is bad input.
    return element.validity.badInput || element.checked !== fresh.checked || element.value !== fresh.value;
  }

  // --- The banner ---

  function offer(version, url) {
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
    add(box, 'button', 'button reload', reload, () => (mayReload(version), renew(url())));
    add(box, 'button', 'button later', later, close);
    banner.onkeydown = ({ key }) => key === 'Escape' && close();
    // Outside of the body, which htmx swaps.
    document.documentElement.append(banner);
    // Screen readers announce what changes in a status that was there before.
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
