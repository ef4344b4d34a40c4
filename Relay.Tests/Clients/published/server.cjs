// Stands where the packages' own server stood in their tests: a port of its own in front of the relay.
const { connect, createServer } = require('node:net');

let relay;

class Server {
  constructor({ port }) {
    this.port = port;
    this.sockets = new Set();
  }

  listen() {
    this.server = createServer((from) => {
      const to = connect(relay.port, relay.hostname);
      for (const [one, other] of [[from, to], [to, from]]) {
        this.sockets.add(one);
        one.setNoDelay(true);
        one.on('error', () => other.destroy()).on('close', () => (this.sockets.delete(one), other.destroy()));
        one.pipe(other);
      }
    });
    return new Promise((done, failed) => this.server.on('error', failed).listen(this.port, done));
  }

  // Its events tell of what goes on inside; the tests that are run need none of them.
  on() {}

  once() {}

  close() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

module.exports = { Server, serve: (url) => (relay = new URL(url)) };
