import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { connect, folder, start, within } from './relay.mjs';

const withEcho = ['--plugins:echo:enabled', 'true'];
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

test('the program of the README holds a conversation with session_ and echo_', async (t) => {
  const program = readFileSync(`${here}/hello.mjs`, 'utf8');
  assert.ok(readFileSync(`${here}/../../README.md`, 'utf8').includes(program), 'README.md quotes hello.mjs');
  const relay = await start(t, folder(t), withEcho);

  const child = spawn('node', ['hello.mjs'], { cwd: here, env: { ...process.env, RELAY_URL: relay.ws }, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await within('hello.mjs to end', once(child, 'close'));

  assert.equal(code, 0);
  const frames = output.trim().split('\n').map((line) => JSON.parse(line)).filter((frame) => frame.type !== 'plugin_status');
  assert.deepEqual(frames.map((frame) => frame.type), ['welcome', 'session_state_set', 'session_state', 'echo_said']);
  assert.deepEqual(frames[2].data.state, { theme: 'dark' });
  assert.equal(frames[3].data, 'goodbye');
});

test('wscat holds a conversation with session_ and echo_', async (t) => {
  const relay = await start(t, folder(t), withEcho);
  const child = spawn('npx', ['--no-install', 'wscat', '--no-color', '-c', `${relay.ws}/ws?user_id=cat`], { cwd: here, stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  // npx is a shell around wscat: the whole group that was started here has to end.
  t.after(() => process.kill(-child.pid, 'SIGKILL'));
  const frames = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (type) => {
    for (;;) {
      const { value, done } = await within(type, frames.next());
      assert.ok(!done, `wscat ended before ${type}`);
      const json = value.indexOf('{');
      if (json < 0 || value.includes('"request_id":"cat') === false && type !== 'welcome') continue;
      const frame = JSON.parse(value.slice(json, value.lastIndexOf('}') + 1));
      if (frame.type === type) return frame;
    }
  };
  const send = (message) => child.stdin.write(`${JSON.stringify(message)}\n`);

  assert.equal((await next('welcome')).user_id, 'cat');
  send({ type: 'session_open', request_id: 'cat-1' });
  assert.equal((await next('session_opened')).request_id, 'cat-1');
  send({ type: 'echo_say', request_id: 'cat-2', data: { paws: 4 } });
  assert.deepEqual((await next('echo_said')).data, { paws: 4 });
});

test('two writers cannot lose a write, and an unknown prefix is said to be unknown', async (t) => {
  const relay = await start(t, folder(t));
  const [one, other] = [await connect(t, relay, 'ann'), await connect(t, relay, 'ann')];
  assert.equal(other.welcome.client_count, 2);

  const { version } = (await one.ask('session_open')).data;
  const answers = await Promise.all([one, other].map((client, i) => client.ask('session_set_state', { state: i, expected_version: version })));

  assert.deepEqual(answers.map((answer) => answer.error ?? answer.type).sort(), ['session_conflict', 'session_state_set']);
  assert.equal((await one.ask('nobody_here')).error, 'plugin_not_found');
});
