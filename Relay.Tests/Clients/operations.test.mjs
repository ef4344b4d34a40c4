import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, folder, run, start, within } from './relay.mjs';

test('the variables that Kubernetes injects for a service named relay do no harm', async (t) => {
  const relay = await start(t, folder(t), [], {
    RELAY_PORT: 'tcp://10.0.0.1:80',
    RELAY_SERVICE_HOST: '10.0.0.1',
    RELAY_SERVICE_PORT: '80',
    RELAY_PORT_80_TCP: 'tcp://10.0.0.1:80',
    RELAY_PORT_80_TCP_PROTO: 'tcp',
  });
  assert.equal((await fetch(`${relay.url}/healthz/live`)).status, 200);
});

test('--check-config accepts a good file', async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'relay.yaml'), 'server:\n  port: 9000\nhub:\n  close_timeout: 3s\n');
  const { code, output } = await run(cwd, ['--config-file', 'relay.yaml', '--check-config']);
  assert.equal(code, 0, output);
});

test('--check-config names every fault of a bad one', async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'relay.yaml'), 'server:\n  port: ninety\n  hots: here\nhub:\n  close_timeout: 3 fortnights\n');
  const { code, output } = await run(cwd, ['--config-file', 'relay.yaml', '--check-config']);
  assert.equal(code, 2, output);
  for (const key of ['server.port', 'server.hots', 'hub.close_timeout']) assert.match(output, new RegExp(key.replace('.', '\\.')));
});

test('the metrics count what clients do, on their own listener alone', async (t) => {
  const relay = await start(t, folder(t));
  const client = await connect(t, relay, 'ann');
  await client.ask('session_list');

  const text = await (await fetch(relay.metrics)).text();
  assert.match(text, /^relay_connections 1$/m);
  assert.match(text, /^relay_messages_received_total 1$/m);
  assert.equal((await fetch(`${relay.url}/metrics`)).status, 404);
  assert.equal((await fetch(new URL('/healthz/live', relay.metrics))).status, 404);
});

test('a state that was acknowledged survives kill -9', async (t) => {
  const cwd = folder(t);
  const first = await start(t, cwd);
  const before = await connect(t, first, 'ann');
  const { version } = (await before.ask('session_set_state', { state: { draft: 'dear all' } })).data;
  assert.equal((await first.kill('SIGKILL')).signal, 'SIGKILL');

  const second = await start(t, cwd);
  const after = await connect(t, second, 'ann');
  assert.deepEqual((await after.ask('session_get_state')).data, { version, state: { draft: 'dear all' } });
});

test('SIGTERM closes every client with 1001 and ends with 0 within drain_timeout', async (t) => {
  const relay = await start(t, folder(t), ['--server:drain_timeout', '10s']);
  const clients = await Promise.all(['ann', 'ben', 'cleo'].map((user) => connect(t, relay, user)));

  const ended = within('the relay to end within drain_timeout', relay.kill('SIGTERM'), 10_000);

  assert.deepEqual(await Promise.all(clients.map((client) => client.closed())), [1001, 1001, 1001]);
  assert.deepEqual(await ended, { code: 0, signal: null });
});
