// node gigabyte.mjs [MB]: sends as much (1024) through a pipe of a relay that it starts, compares SHA-256 at both ends, and fails when the relay's
// resident memory has grown by more than 20 MB since the first eighth.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { folder, start } from './relay.mjs';

const frame = 256 * 1024;

/** Sends megabytes of a seed from one end to the other; calls back at each eighth. */
export async function pipe(url, megabytes, eighth = () => {}) {
  const [one, other] = [new WebSocket(`${url}/connection/one/other/bytes`), new WebSocket(`${url}/connection/other/one/bytes`)];
  await Promise.all([once(one, 'open'), once(other, 'open')]);
  const frames = (megabytes * 1024 * 1024) / frame;
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  let arrived = 0;
  const ended = once(other, 'close');
  other.on('message', (data, isBinary) => {
    if (!isBinary || data.length !== frame) throw new Error('a frame has changed');
    received.update(data);
    if (++arrived % (frames / 8) === 0) eighth(arrived / (frames / 8));
  });

  const bytes = Buffer.alloc(frame);
  for (let i = 0, state = 7; i < frames; i++) {
    // xorshift: cheap, and another in each frame.
    for (let at = 0; at < frame; at += 4) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes.writeInt32LE(state, at);
    }

    sent.update(bytes);
    await new Promise((done, failed) => one.send(Buffer.from(bytes), (error) => (error ? failed(error) : done())));
  }

  one.close();
  const [code] = await ended;
  if (arrived !== frames || code !== 1005) throw new Error(`${arrived} of ${frames} frames arrived, closed with ${code}`);
  const [expected, actual] = [sent.digest('hex'), received.digest('hex')];
  if (expected !== actual) throw new Error(`sent ${expected}, received ${actual}`);
  return actual;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ends = [];
  const context = { after: (end) => ends.unshift(end) };
  const megabytes = Number(process.argv[2] ?? 1024);
  const relay = await start(context, folder(context));
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${relay.pid}/status`, 'utf8'))[1]) / 1024;
  const seen = [];
  const began = performance.now();
  const hash = await pipe(relay.ws, megabytes, () => seen.push(resident()));
  const [first, most] = [seen[0], Math.max(...seen)];
  console.log(`${megabytes} MB in ${((performance.now() - began) / 1000).toFixed(1)} s, SHA-256 ${hash}`);
  console.log(`resident memory at each eighth, MB: ${seen.map((mb) => mb.toFixed(1)).join(' ')}`);
  for (const end of ends) end();
  if (most - first > 20) throw new Error(`resident memory grew by ${(most - first).toFixed(1)} MB`);
}
