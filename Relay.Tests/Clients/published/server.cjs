// Stands where the packages' own server stood in their tests: a port of its own in front of the relay.
const net = require('node:net');

let relay;
const ports = new Set();

// Clients whose upgrade has not been answered. The tests count on a server in their own process, which has taken every upgrade that was asked for
// before it answers one, so no answer passes until that is so here.
const asking = new Set();
const held = [];

const connect = net.connect;
net.connect = (...from) => {
  const socket = connect(...from);
  if (ports.has(Number(from[0]?.port))) {
    asking.add(socket);
    socket.once('close', () => answered(socket));
  }
  return socket;
};

const answered = (client) => {
  asking.delete(client);
  if (asking.size === 0) held.splice(0).forEach((pass) => pass());
};

const whenNobodyAsks = (pass) => (asking.size === 0 ? pass() : held.push(pass));

class Server {
  constructor({ port }) {
    this.port = port;
    this.sockets = new Set();
  }

  listen() {
    ports.add(this.port);
    this.server = net.createServer((from) => {
      const to = connect(relay.port, relay.hostname);
      for (const [one, other] of [[from, to], [to, from]]) {
        this.sockets.add(one);
        one.setNoDelay(true);
        one.on('error', () => other.destroy()).on('close', () => (this.sockets.delete(one), other.destroy()));
      }
      from.pipe(to);
      to.once('data', (answer) => {
        to.pause();
        to.unshift(answer);
        whenNobodyAsks(() => to.pipe(from));
        answered([...asking].find((client) => client.localPort === from.remotePort));
      });
    });
    return new Promise((done, failed) => this.server.on('error', failed).listen(this.port, done));
  }

  // Its events tell of what goes on inside; the tests that are run need none of them.
  on() {}

  once() {}

  close() {
    whenNobodyAsks(() => {
      ports.delete(this.port);
      this.server.close();
      for (const socket of this.sockets) socket.destroy();
    });
  }
}

module.exports = { Server, serve: (url) => (relay = new URL(url)) };
