// relay-agent node as a process of its own: over TLS, on a terminal, and before a relay that hangs.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { certificates, program } from './agent.mjs';
import { folder, start, within } from './relay.mjs';
import { dialling, modelServer, node, nodeCommand } from './upstreams.mjs';

const answers = (request, response) => (response.setHeader('content-type', 'application/json'), response.end('{"object":"chat.completion","choices":[]}'));
const chat = (relay, options = []) => program('curl', ['-sS', '--max-time', '20', ...options, `${relay.url}/v1/chat/completions`, '-H', 'content-type: application/json', '-d', '{"model":"llama3","messages":[]}']);

test('wss: a node serves a relay whose certificate it trusts, and no other', async (t) => {
  const cwd = folder(t);
  const pair = await certificates(cwd);
  writeFileSync(join(cwd, 'chain.pem'), pair.cert);
  const relay = await start(t, cwd, ['--server:tls:enabled', 'true', '--server:tls:cert_file', 'chain.pem', '--server:tls:key_file', 'server.key']);
  assert.match(relay.ws, /^wss:/);
  const model = await modelServer(t, answers);

  const wary = dialling(t, relay, model);
  assert.match((await wary.logs('NoConnection')).message, /certificate/i);

  await node(t, relay, model, [], { SSL_CERT_FILE: pair.caFile });
  const { code, stdout } = await chat(relay, ['--cacert', pair.caFile]);
  assert.deepEqual([code, stdout.toString()], [0, '{"object":"chat.completion","choices":[]}']);
  const { stdout: nodes } = await program('curl', ['-sS', '--cacert', pair.caFile, `${relay.url}/api/v1/nodes`]);
  assert.deepEqual(JSON.parse(nodes).nodes.map((one) => one.node_id), ['desk']);
  assert.ok(!wary.lines.some((line) => line.event === 'Connected'));
});

test('a relay that hangs is noticed, and the node is back when the relay is', async (t) => {
  const relay = await start(t, folder(t));
  const agent = await node(t, relay, await modelServer(t, answers));
  t.after(() => process.kill(relay.pid, 'SIGCONT'));
  process.kill(relay.pid, 'SIGSTOP');
  await agent.logs('Lost');
  process.kill(relay.pid, 'SIGCONT');
  await agent.logs('Connected');
  assert.equal((await chat(relay)).stdout.toString(), '{"object":"chat.completion","choices":[]}');
});

test('on a terminal the last line shows what runs, below what is logged', { skip: !hasScript() && 'there is no script(1) that gives a terminal' }, async (t) => {
  const relay = await start(t, folder(t));
  const held = [];
  const model = await modelServer(t, (request, response) => held.push(() => answers(request, response)));
  const command = nodeCommand(relay, model).map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  // The agent in the shell's place, so that it is what gets the signal.
  const child = spawn('script', ['-qefc', `echo "pid $$"; exec ${command}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let [shown, look] = ['', () => {}];
  child.stdout.setEncoding('utf8').on('data', (text) => (shown += text, look()));
  const shows = (what) => within(`the terminal to show ${what}`, new Promise((found) => {
    look = () => what.test(shown) && found();
    look();
  }));

  await shows(/pid \d+/);
  const pid = Number(/pid (\d+)/.exec(shown)[1]);
  t.after(() => { try { process.kill(pid, 'SIGKILL'); } catch { /* It has ended. */ } });
  await shows(/connected to .* as desk: serving llama3/);
  await shows(/0 running, 0 served, 0 failed/);
  const call = chat(relay);
  await shows(/1 running, 0 served, 0 failed/);
  held.shift()();
  assert.equal((await call).code, 0);
  await shows(/0 running, 1 served, 0 failed/);
  process.kill(pid, 'SIGTERM');
  await shows(/stopped/);
  assert.deepEqual(await within('the agent to end', ended), [0, null]);

  // What a person sees at last: whatever is erased is drawn over, and the status is never between two lines.
  const lines = shown.split('\r\n').map((line) => line.slice(line.lastIndexOf('\r\x1b[K') + 1).replace('\x1b[K', ''));
  assert.ok(!lines.slice(0, -1).some((line) => line.includes('running,')), JSON.stringify(shown));
  assert.ok(!lines.at(-1).includes('running,'), JSON.stringify(shown));
  assert.match(lines.at(-2), /stopped/);
});

function hasScript() {
  try {
    return execFileSync('script', ['--version']).toString().includes('util-linux');
  } catch {
    return false;
  }
}
