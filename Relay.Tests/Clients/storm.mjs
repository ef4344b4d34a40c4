// node storm.mjs [PEERS] [TIMES]: peers (200) of one document that join it again and again (100 times each, as fast as the relay reads). Fails unless
// every peer has met every other, nobody is closed, and the relay's resident memory in the last half is within 20 MB of the first half's.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';
import { folder, start } from './relay.mjs';

const [peers, times] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 100)];
const ends = [];
const context = { after: (end) => ends.unshift(end) };
const relay = await start(context, folder(context));
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${relay.pid}/status`, 'utf8'))[1]) / 1024;
const seen = [];
const began = performance.now();
let introductions = 0;
let joined = 0;

const all = await Promise.all(Array.from({ length: peers }, async (_, i) => {
  const socket = new WebSocket(`${relay.ws}/introduction/p${i}`);
  const met = new Set();
  socket.on('message', (text) => {
    introductions++;
    met.add(/"userName":"([^"]+)"/.exec(text)[1]);
  });
  await once(socket, 'open');
  socket.on('close', (code) => {
    throw new Error(`p${i} was closed with ${code}`);
  });
  return { socket, met };
}));

const join = JSON.stringify({ type: 'Join', documentIds: ['storm'] });
await Promise.all(all.map(async ({ socket }) => {
  for (let n = 0; n < times; n++) {
    // The answer to a ping comes behind what the join before it has led to.
    socket.send(join);
    socket.ping();
    await once(socket, 'pong');
    if (++joined % ((peers * times) / 20) === 0) seen.push(resident());
  }
}));

const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(`${peers} peers x ${times} joins, ${introductions} introductions in ${seconds} s`);
console.log(`resident memory at each twentieth, MB: ${seen.map((mb) => mb.toFixed(0)).join(' ')}`);
for (const [i, { met, socket }] of all.entries()) {
  socket.removeAllListeners('close');
  if (met.size !== peers - 1) throw new Error(`p${i} has met ${met.size} of ${peers - 1}`);
}

for (const end of ends) end();
const grown = Math.max(...seen.slice(10)) - Math.max(...seen.slice(0, 10));
if (grown > 20) throw new Error(`resident memory grew by ${grown.toFixed(1)} MB`);
process.exit();
