// The core with the adapters for htmx. A test limits the size of this script.
import { checkHeaders } from '../../../crates/fingerpost-http/src/version/client/script/adapters/fetch.js';
import { installHtmx2 } from '../../../crates/fingerpost-http/src/version/client/script/adapters/htmx-2.js';
import { installHtmx4 } from '../../../crates/fingerpost-http/src/version/client/script/adapters/htmx-4.js';
import { start } from '../../../crates/fingerpost-http/src/version/client/script/start.js';

start(() => {
  installHtmx2();
  installHtmx4();
  return { check: checkHeaders };
});
