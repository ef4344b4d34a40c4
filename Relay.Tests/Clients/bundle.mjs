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

globalThis.WebSocket = WebSocket;

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
