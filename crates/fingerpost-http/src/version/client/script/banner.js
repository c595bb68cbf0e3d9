// The banner offers a reload.

import { document } from './page.js';
import { loadPage, mayReload } from './reload.js';

const TEXTS = 'A new version of this page is available.|Reload|Later';

const STYLE = `
  :host { all: initial; color-scheme: light dark }
  div {
    position: fixed; inset: auto 1rem 1rem; z-index: 999999999; width: fit-content; margin: auto; display: flex;
    flex-wrap: wrap; gap: .5rem; padding: .5rem; border: 1px solid; border-radius: .5rem; font: 1rem/2.5 system-ui;
    color: var(--fingerpost-color, CanvasText); background: var(--fingerpost-background, Canvas);
  }
  output { flex: 1 12rem; unicode-bidi: plaintext }
  button { all: unset; padding: 0 1rem; border: inherit; border-radius: inherit }
  [part~=reload] { color: var(--fingerpost-background, Canvas); background: var(--fingerpost-accent, CanvasText) }
  button:focus-visible { outline: 2px solid }
  @media print { div { display: none } }`;

/**
 * Appends an element with this `part` to a parent.
 *
 * @param {Node} parent
 * @param {string} tag
 * @param {string} part
 * @param {string} [textContent]
 * @param {() => void} [onclick]
 */
const append = (parent, tag, part, textContent, onclick) =>
  parent.appendChild(Object.assign(document.createElement(tag), { part, textContent, onclick }));

/**
 * Shows the banner, which replaces an earlier banner.
 *
 * @param {string} version
 * @param {() => string} url returns the URL that *Reload* loads
 */
export function showBanner(version, url) {
  document.querySelector('fingerpost-banner')?.remove();
  /** @type {HTMLMetaElement | null} */
  const meta = document.querySelector('meta[name=fingerpost-banner]');
  const content = meta?.content;
  const [text, reload, later] = (content || TEXTS).split('|');
  const banner = document.createElement('fingerpost-banner');
  if (!content) banner.lang = 'en';
  const root = banner.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  /** @type {any} */
  const focused = document.activeElement;
  const close = () => {
    banner.remove();
    focused?.focus();
  };
  const box = append(root, 'div', 'banner');
  // The element has the role `status`.
  const status = append(box, 'output', 'text');
  append(box, 'button', 'button reload', reload, () => {
    mayReload(version);
    loadPage(version, url());
  });
  append(box, 'button', 'button later', later, close);
  banner.onkeydown = ({ key }) => {
    if (key === 'Escape') close();
  };
  // Libraries replace the body, so the banner is a child of the root element.
  document.documentElement.append(banner);
  // Screen readers only announce changes of an existing status element.
  setTimeout(() => (status.textContent = text), 100);
}
