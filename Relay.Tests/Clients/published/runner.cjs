// What the tests expect of their runner (vitest, jest), in terms of node's.
const { after, afterEach, before, beforeEach, describe, test } = require('node:test');
const { expect } = require('expect');

// They look into the server's own fields: there is no such server here.
const insideTheServer = new Set(['should make an introduction connection', 'should make a connection']);

// A test may take a callback in place of giving a promise.
const run = (body) => (body.length === 0 ? body : () => new Promise((done, failed) => Promise.resolve(body(done)).catch(failed)));

const it = (name, body) => test(name, { skip: insideTheServer.has(name) && 'looks into the server', timeout: 60_000 }, run(body));

module.exports = { afterAll: after, afterEach, beforeAll: before, beforeEach, describe, expect, it, test: it };
