// Detects a new version of the site, and reloads the open page unless a reload would discard input. Behavior and
// configuration: `stale_pages` in the documentation of fingerpost-tower. Pages load the bundle `client.min.js`: run
// `tests/minify` after a change.

import { installAlpineAjax } from './adapters/alpine-ajax.js';
import { installBrowser } from './adapters/browser.js';
import { checkHeaders, versionedFetch } from './adapters/fetch.js';
import { installHtmx2 } from './adapters/htmx-2.js';
import { installHtmx4 } from './adapters/htmx-4.js';
import { installTurbo } from './adapters/turbo.js';
import { installUnpoly } from './adapters/unpoly.js';
import { start } from './start.js';

start(() => {
  installBrowser();
  installHtmx2();
  installHtmx4();
  installTurbo();
  installUnpoly();
  installAlpineAjax();
  return { fetch: versionedFetch, check: checkHeaders };
});
