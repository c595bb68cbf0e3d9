// Requests every file of the page again and shows the responses.

import { filesOf, request } from './probe.js';

// The version of a URL: `?v=<hash>` in development, `.<hash>.css` in production.
const VERSIONED = /^(?<start>.*)(?<before>\?v=|\.)(?<version>[0-9a-f]{12})(?<after>|\.\w+)$/;

/** Returns the asset paths by URL, from the table of the page. */
function assetPaths() {
  const rows = document.querySelectorAll('#urls tbody tr');
  return new Map([...rows].map(({ cells: [path, url] }) => [
    new URL(url.textContent.trim(), location).href,
    path.textContent.trim(),
  ]));
}

function element(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Returns the URL without the origin, with the version highlighted. */
function markedUrl(url) {
  const path = url.slice(new URL(url).origin.length);
  const match = path.match(VERSIONED);
  if (!match) return element('code', '', path);
  const { start, before, version, after } = match.groups;
  return element('code', '', start, element('span', 'versioned', before, element('mark', '', version), after));
}

function row(path, file) {
  const status = element('td', '', '…');
  const size = element('td', 'number');
  const name = element('th', '', element('code', '', path ?? file.role));
  name.scope = 'row';
  return { status, size, row: element('tr', '', name, element('td', 'url', markedUrl(file.url)), status, size) };
}

async function check(board) {
  const button = board.querySelector('button');
  const paths = assetPaths();
  const entries = filesOf(document).map((file) => ({ ...row(paths.get(file.url), file), file }));
  button.disabled = true;
  board.querySelector('tbody').replaceChildren(...entries.map((entry) => entry.row));

  const responses = await Promise.all(entries.map(async ({ file, status, size }) => {
    const response = await request(file.url);
    status.replaceChildren(element('span', response.ok ? 'status' : 'status status--bad', response.status));
    size.textContent = response.size === undefined ? '' : `${response.size.toLocaleString('en')} B`;
    return response;
  }));

  const arrived = responses.filter((response) => response.ok).length;
  board.querySelector('[role=status]').textContent = `${arrived} of ${responses.length} files arrived.`;
  button.disabled = false;
}

const board = document.querySelector('#received');
if (board) {
  const live = document.querySelector('#received-table').content.cloneNode(true);
  board.replaceChildren(live);
  board.querySelector('button').addEventListener('click', () => check(board));
  check(board);
}
