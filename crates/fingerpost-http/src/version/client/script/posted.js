// Pages that are the response to a write. A reload cannot restore such a page.

import { posted } from './page.js';
import { withoutFragment } from './urls.js';

/**
 * The URLs of such pages, without fragments.
 *
 * @type {Set<string>}
 */
export const postedPages = new Set();

if (posted !== undefined) postedPages.add(withoutFragment());
