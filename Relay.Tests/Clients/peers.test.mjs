import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newerClient, olderClient } from './bundle.mjs';
import { pipe } from './gigabyte.mjs';
import { folder, start, within } from './relay.mjs';

const [Older, Newer] = await Promise.all([olderClient(), newerClient()]);

// What the two generations call the same things.
const generations = [
  ['the client of @localfirst/relay-client 3.6.2', (id, url) => new Older({ userName: id, url }), 'peer.connect', 'peer.disconnect'],
  ['the client of @localfirst/relay 4.2.2', (id, url) => new Newer({ peerId: id, url }), 'peer-connect', 'peer-disconnect'],
];

// Not once of node:events, which fails with a client's news of a connection that it will try again.
const next = (made, event) => new Promise((done) => made.once(event, done));

function client(t, generation, id, url) {
  const [, make, connected, disconnected] = generation;
  const made = make(id, url);
  t.after(() => made.disconnectServer());
  return { made, join: (document) => made.join(document), meets: () => next(made, connected), parts: () => next(made, disconnected) };
}

for (const one of generations) {
  for (const other of generations) {
    test(`${one[0]} meets and talks with ${other[0]}`, async (t) => {
      const relay = await start(t, folder(t));
      const [alice, bob] = [client(t, one, 'ali ce:ü', relay.ws), client(t, other, 'bob', relay.ws)];
      const met = [alice.meets(), bob.meets()];
      for (const each of [alice, bob]) each.join('doc');
      const [toBob, toAlice] = await within('both to meet', Promise.all(met));
      assert.deepEqual([toBob.documentId, toAlice.documentId], ['doc', 'doc']);

      const heard = new Promise((done) => (toAlice.socket.onmessage = ({ data }) => done(Buffer.from(data).toString())));
      toBob.socket.send('hello');
      assert.equal(await within('hello', heard), 'hello');

      const parted = [alice.parts(), bob.parts()];
      toBob.socket.close();
      await within('both to part', Promise.all(parted));
    });
  }
}

test('a client comes back after the relay was started again, and meets the same peer again', async (t) => {
  const cwd = folder(t);
  const first = await start(t, cwd);
  const [alice, bob] = [client(t, generations[1], 'alice', first.ws), client(t, generations[1], 'bob', first.ws)];
  const met = [alice.meets(), bob.meets()];
  for (const each of [alice, bob]) each.join('doc');
  await within('both to meet', Promise.all(met));
  const parted = [alice.parts(), bob.parts()];
  assert.deepEqual(await first.kill('SIGTERM'), { code: 0, signal: null });
  await within('both to part', Promise.all(parted));
  const again = [alice.meets(), bob.meets()];
  await start(t, cwd, ['--server:port', new URL(first.url).port]);
  await within('both to meet again', Promise.all(again));
});

test('64 MB pass through a pipe unchanged', async (t) => {
  const relay = await start(t, folder(t));
  await within('64 MB', pipe(relay.ws, 64));
});
