// The tests that @localfirst/relay and @localfirst/relay-client were published with, as they are, against this relay in place of their own server.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { here, load } from './bundle.mjs';
import { folder, start } from './relay.mjs';

const require = createRequire(import.meta.url);
const own = (file) => join(here, 'published', file);
const shims = {
  '(\\.\\.|\\.)/Server(\\.js)?': own('server.cjs'),
  '@localfirst/relay': own('server.cjs'),
  vitest: own('runner.cjs'),
  portfinder: own('portfinder.cjs'),
};

// The older ones take these from their runner without an import.
Object.assign(globalThis, require('./published/runner.cjs'));

for (const file of [
  '@localfirst/relay/src/test/Server.test.ts',
  '@localfirst/relay/src/test/Client.test.ts',
  'localfirst-relay-3/src/Server.test.ts',
  '@localfirst/relay-client/src/Client.test.ts',
]) {
  // A relay for each: they use the same names.
  describe(file, async () => {
    const ends = [];
    const context = { after: (end) => ends.unshift(end) };
    before(async () => require('./published/server.cjs').serve((await start(context, folder(context))).url));
    after(() => ends.forEach((end) => end()));
    await load(join(here, 'node_modules', file), shims);
  });
}
