// A free port of the system's choice.
const { createServer } = require('node:net');

module.exports = {
  getPortPromise: () => new Promise((done) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  }),
};
