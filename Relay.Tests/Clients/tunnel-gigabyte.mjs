// node tunnel-gigabyte.mjs [MB]: sends as much (1024) up and then down through a relay and a local proxy that it starts, compares SHA-256 at both
// ends, and fails when the resident memory of either has grown by more than 20 MB since the first eighth. --chunks: a connection for each tunnel.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { folder, start, within } from './relay.mjs';

const agent = resolve(process.env.RELAY_AGENT ?? '../../Relay.Agent/bin/Release/net10.0/relay-agent.dll');
const piece = 256 * 1024;
const megabytes = Number(process.argv.slice(2).find((each) => !each.startsWith('-')) ?? 1024);
const chunks = process.argv.includes('--chunks');
const ends = [];
const context = { after: (end) => ends.unshift(end) };

try {
  const relay = await start(context, folder(context), ['--tunnel:allow', '127.0.0.1:*', '--logging:level', 'warn']);
  const proxy = await startProxy(relay.ws);
  const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  for (const direction of ['up', 'down']) {
    const seen = { relay: [], proxy: [] };
    const began = performance.now();
    const hash = await move(proxy.port, direction, () => {
      seen.relay.push(resident(relay.pid));
      seen.proxy.push(resident(proxy.pid));
    });
    console.log(`${megabytes} MB ${direction} in ${((performance.now() - began) / 1000).toFixed(1)} s, SHA-256 ${hash}`);
    for (const [name, all] of Object.entries(seen)) {
      console.log(`resident memory of the ${name} at each eighth, MB: ${all.map((mb) => mb.toFixed(1)).join(' ')}`);
      if (Math.max(...all) - all[0] > 20) throw new Error(`the ${name}'s resident memory grew by ${(Math.max(...all) - all[0]).toFixed(1)} MB`);
    }
  }
} finally {
  for (const end of ends) end();
}

async function startProxy(ws) {
  const child = spawn('dotnet', [agent, 'proxy', '--relay', ws, ...(chunks ? ['--chunks'] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const port = await within('the proxy to listen', new Promise((found, failed) => {
    lines.on('line', (line) => {
      const match = /listening on \S*:(\d+)/.exec(line);
      if (match) found(Number(match[1]));
    });
    child.once('exit', (code) => failed(new Error(`the proxy ended with ${code} before it listened`)));
  }));
  return { port, pid: child.pid };
}

/** Sends megabytes one way through a tunnel of its own; calls back at each eighth. Gives the hash that both ends agree on. */
async function move(port, direction, eighth) {
  const target = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  const accepted = once(target, 'connection');
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.write(`CONNECT 127.0.0.1:${target.address().port} HTTP/1.1\r\n\r\n`);
  const [reply] = await within('the answer to CONNECT', once(client, 'data'));
  if (!reply.toString().startsWith('HTTP/1.1 200 ')) throw new Error(reply.toString());
  const [far] = await accepted;
  const [from, to] = direction === 'up' ? [client, far] : [far, client];
  const received = createHash('sha256');
  let [arrived, told] = [0, 0];
  const all = megabytes * 1024 * 1024;
  to.on('data', (data) => {
    received.update(data);
    arrived += data.length;
    for (; told < Math.floor((arrived * 8) / all); told++) eighth();
  });
  const ended = once(to, 'end');
  const sent = createHash('sha256');
  for (let i = 0, state = 7; i < all / piece; i++) {
    const bytes = Buffer.allocUnsafe(piece);
    // xorshift: cheap, and another in each piece.
    for (let at = 0; at < piece; at += 4) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes.writeInt32LE(state, at);
    }

    sent.update(bytes);
    if (!from.write(bytes)) await once(from, 'drain');
  }

  from.end();
  await within('the end', ended, 120_000);
  to.end();
  target.close();
  const [expected, actual] = [sent.digest('hex'), received.digest('hex')];
  if (arrived !== all || expected !== actual) throw new Error(`${arrived} of ${all} bytes; sent ${expected}, received ${actual}`);
  return actual;
}
