// node gigabyte-tunnel.mjs [MB] [--chunks]: sends as much (1024) down and up through a tunnel of a relay and a proxy that it starts, compares SHA-256
// at both ends, and fails when the resident memory of either has grown by more than 20 MB since the first eighth.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { allowLoopback, proxy } from './agent.mjs';
import { folder, start } from './relay.mjs';

const block = 256 * 1024;

/** Sends blocks, another each time; gives the hash of all. */
async function send(socket, blocks) {
  const sum = createHash('sha256');
  for (let i = 0, state = 7; i < blocks; i++) {
    const bytes = Buffer.allocUnsafe(block);
    for (let at = 0; at < block; at += 4) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes.writeInt32LE(state, at);
    }

    sum.update(bytes);
    if (!socket.write(bytes)) await once(socket, 'drain');
  }

  socket.end();
  return sum.digest('hex');
}

async function receive(socket, blocks, eighth) {
  const sum = createHash('sha256');
  let [arrived, next] = [0, 1];
  for await (const bytes of socket) {
    sum.update(bytes);
    arrived += bytes.length;
    while (arrived >= (next * blocks * block) / 8) eighth(next++);
  }

  return sum.digest('hex');
}

const ends = [];
const context = { after: (end) => ends.unshift(end) };
const megabytes = Number(process.argv.slice(2).find((arg) => !arg.startsWith('-')) ?? 1024);
const blocks = (megabytes * 1024 * 1024) / block;
const cwd = folder(context);
const relay = await start(context, cwd, allowLoopback(cwd));
const local = await proxy(context, cwd, relay, process.argv.includes('--chunks') ? ['--chunks'] : []);
const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
let grown = 0;
for (const way of ['down', 'up']) {
  const target = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  const near = connect({ port: local.port, host: '127.0.0.1', allowHalfOpen: true });
  near.write(`CONNECT 127.0.0.1:${target.address().port} HTTP/1.1\r\n\r\n`);
  const [[far], [head]] = await Promise.all([once(target, 'connection'), once(near, 'data')]);
  if (!head.toString().endsWith('200 Connection Established\r\n\r\n')) throw new Error(head.toString());
  const [from, to] = way === 'down' ? [far, near] : [near, far];
  const seen = [];
  const began = performance.now();
  const [sent, received] = await Promise.all([send(from, blocks), receive(to, blocks, () => seen.push([resident(relay.pid), resident(local.pid)]))]);
  to.end();
  target.close();
  if (sent !== received) throw new Error(`${way}: sent ${sent}, received ${received}`);
  console.log(`${megabytes} MB ${way} in ${((performance.now() - began) / 1000).toFixed(1)} s, SHA-256 ${sent}`);
  for (const [end, name] of ['relay', 'proxy'].entries()) {
    const mb = seen.map((each) => each[end]);
    console.log(`resident memory of the ${name} at each eighth, MB: ${mb.map((each) => each.toFixed(1)).join(' ')}`);
    grown = Math.max(grown, Math.max(...mb) - mb[0]);
  }
}

for (const end of ends) end();
if (grown > 20) throw new Error(`resident memory grew by ${grown.toFixed(1)} MB`);
