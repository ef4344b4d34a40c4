// A TCP proxy in front of the relay, to cut connections as a network does: without a word.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Starts a proxy to an origin; `cut` drops all connections and takes no new ones, `mend` takes them again. */
export async function startProxy(origin) {
  const target = new URL(origin);
  const sockets = new Set();
  const keep = socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer(near => {
    const far = connect(Number(target.port), target.hostname);
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
  });
  const listen = async port => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address();
  const cut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { origin: `http://127.0.0.1:${port}`, cut, mend: () => listen(port) };
}
