// The console in a real Chromium, against a relay that runs with `--plugins:echo:enabled true`:
//   npm ci && node console.test.mjs http://127.0.0.1:8080
// The relay should be a fresh one: the tests look for their hubs on the first page of the list.
// CHROMIUM names another browser than /usr/bin/chromium, SCREENSHOTS a folder to keep pictures in.

import './conversation.mjs';
import './display.mjs';
import './access.mjs';
import './nodes.mjs';
import './loss.mjs';
