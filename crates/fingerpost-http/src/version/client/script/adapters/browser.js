// Links and forms that the browser itself follows and sends.

import { on } from '../page.js';
import { trackUnload } from '../pending.js';

/** The time that the browser may need to send a form with large files, in milliseconds. */
const UPLOAD_TIME = 600_000;

/** @param {any} event */
function afterSubmit({ defaultPrevented, target, submitter }) {
  const method = submitter?.formMethod || target.method;
  // The response to a form with a target replaces another page.
  if (!defaultPrevented && method === 'post' && !target.target) trackUnload(UPLOAD_TIME);
}

export function installBrowser() {
  on('beforeunload', () => trackUnload());
  on('submit', afterSubmit);
}
