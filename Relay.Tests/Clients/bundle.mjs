// The published packages are not all made for node as they are: imports without extensions, sources in TypeScript, a global WebSocket. They are
// bundled as a web project would, unchanged.
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import WebSocket from 'ws';

const require = createRequire(import.meta.url);
export const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

// In a browser each message is a task of its own; with ws one that comes together with the answer to the upgrade is told before those who wait
// for the socket have gone on. The older client gets what it was written for.
globalThis.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.once('open', () => {
      this.pause();
      setImmediate(() => this.resume());
    });
  }
};

// Clients that a test leaves behind, or that were told to go, look for ever whether their socket has opened: that must not keep the process alive.
for (const name of ['setTimeout', 'setInterval']) {
  const original = globalThis[name];
  globalThis[name] = (...args) => original(...args).unref();
}

/** Bundles a file, with some of its imports answered by other files, and loads it. */
export async function load(entry, replaced = {}) {
  const out = join(mkdtempSync(join(tmpdir(), 'relay-bundle-')), 'bundle.cjs');
  await build({
    entryPoints: [entry],
    outfile: out,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    absWorkingDir: here,
    plugins: [{
      name: 'replace',
      setup: (build) => {
        for (const [name, path] of Object.entries(replaced)) build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path, external: true }));
      },
    }],
  });
  return require(out);
}

/** The client of the generation that speaks JSON. */
export const olderClient = () => load(require.resolve('@localfirst/relay-client')).then((module) => module.Client);

/** The client of the generation that speaks MessagePack. */
export const newerClient = () => load(require.resolve('@localfirst/relay/Client.js')).then((module) => module.Client);
