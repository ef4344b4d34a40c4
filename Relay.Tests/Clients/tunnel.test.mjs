import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createServer as tcp } from 'node:net';
import { basename, join, normalize } from 'node:path';
import { test } from 'node:test';
import { connect as tls } from 'node:tls';
import WebSocket, { WebSocketServer } from 'ws';
import { agent, allowLoopback, certificates, environment, https, program, proxy } from './agent.mjs';
import { folder, start, within } from './relay.mjs';

const payload = randomBytes(3_000_000);
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A relay whose tunnels may lead here, and an HTTPS server that has the payload and takes uploads. */
async function surroundings(t) {
  const cwd = folder(t);
  const relay = await start(t, cwd, allowLoopback(cwd));
  const pair = await certificates(cwd);
  const origin = await https(t, pair, async (req, res) => {
    if (req.method === 'GET') return res.end(payload);
    const sum = createHash('sha256');
    for await (const part of req) sum.update(part);
    res.end(sum.digest('hex'));
  });
  return { cwd, relay, pair, origin };
}

for (const chunks of [[], ['--chunks']]) {
  test(`curl through the proxy over HTTPS with a chain of certificates, both ways ${chunks}`, async (t) => {
    const { cwd, relay, pair, origin } = await surroundings(t);
    const { address } = await proxy(t, cwd, relay, chunks);
    const curl = (...args) => program('curl', ['-sS', '--fail', '--cacert', pair.caFile, ...args, `https://localhost:${origin.port}/file`], { cwd });
    const down = await curl('-x', `http://${address}`);
    assert.equal(down.code, 0, down.stderr);
    assert.equal(hash(down.stdout), hash(payload));
    writeFileSync(join(cwd, 'up'), payload);
    const up = await curl('-x', `http://${address}`, '-T', 'up');
    assert.equal(up.stdout.toString(), hash(payload), up.stderr);
    for (const socks of ['--socks5-hostname', '--socks5']) {
      const { code, stdout, stderr } = await curl(socks, address);
      assert.equal(code, 0, stderr);
      assert.equal(hash(stdout), hash(payload));
    }
  });
}

test('curl forwards plain HTTP, several requests after one another, with bodies of both kinds', async (t) => {
  const cwd = folder(t);
  const relay = await start(t, cwd, allowLoopback(cwd));
  const origin = createServer(async (req, res) => {
    const sum = createHash('sha256');
    for await (const part of req) sum.update(part);
    res.end(`${req.method} ${req.url} ${req.headers['proxy-connection'] ?? '-'} ${sum.digest('hex')}\n`);
  }).listen(0);
  t.after(() => origin.close());
  await once(origin, 'listening');
  const { address } = await proxy(t, cwd, relay);
  writeFileSync(join(cwd, 'up'), payload);
  const url = `http://localhost:${origin.address().port}`;
  const gets = await program('curl', ['-sS', '--fail', '-x', `http://${address}`, `${url}/a%2Fb?c=%7e`, `${url}/second`], { cwd });
  assert.equal(gets.stdout.toString(), `GET /a%2Fb?c=%7e - ${hash('')}\nGET /second - ${hash('')}\n`, gets.stderr);
  for (const header of ['Content-Length:', 'Transfer-Encoding: chunked']) {
    const post = await program('curl', ['-sS', '--fail', '-x', `http://${address}`, '-X', 'POST', '--data-binary', '@up', ...(header.endsWith(':') ? [] : ['-H', header]), `${url}/up`], { cwd });
    assert.equal(post.stdout.toString(), `POST /up - ${hash(payload)}\n`, post.stderr);
  }
});

test('the local side may want a name and a password', async (t) => {
  const { cwd, relay, pair, origin } = await surroundings(t);
  const { address } = await proxy(t, cwd, relay, ['--user', 'ann:se cret']);
  const curl = (...args) => program('curl', ['-sS', '--fail', '--cacert', pair.caFile, ...args, `https://localhost:${origin.port}/`], { cwd });
  assert.match((await curl('-x', `http://${address}`)).stderr, /407/);
  assert.notEqual((await curl('--socks5-hostname', address)).code, 0);
  for (const way of [['-x', `http://${address}`, '--proxy-user', 'ann:se cret'], ['--socks5-hostname', `ann:se%20cret@${address}`]]) {
    const { code, stdout, stderr } = await curl(...way);
    assert.equal(code, 0, stderr);
    assert.equal(hash(stdout), hash(payload));
  }
});

test('git clones over HTTPS with the environment that the proxy prints', async (t) => {
  const cwd = folder(t);
  const relay = await start(t, cwd, allowLoopback(cwd));
  const pair = await certificates(cwd);
  const git = async (...args) => {
    const { code, stderr } = await program('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'init.defaultBranch=main', ...args], { cwd });
    assert.equal(code, 0, stderr);
  };
  mkdirSync(join(cwd, 'work'));
  writeFileSync(join(cwd, 'work', 'payload'), payload);
  await git('init', '-q', 'work');
  await git('-C', 'work', 'add', '.');
  await git('-C', 'work', 'commit', '-qm', 'first');
  await git('clone', '-q', '--bare', 'work', 'repository.git');
  await git('-C', 'repository.git', 'update-server-info');
  const origin = await https(t, pair, (req, res) => {
    const file = join(cwd, normalize(new URL(req.url, 'https://x').pathname));
    if (!existsSync(file) || !statSync(file).isFile()) return res.writeHead(404).end();
    createReadStream(file).pipe(res);
  });
  const env = await environment(t, cwd, relay, ['--no-proxy', 'none.example', '--ca-file', pair.caFile]);
  assert.ok(env.HTTPS_PROXY && env.https_proxy === env.HTTPS_PROXY && env.SSL_CERT_FILE && env.JAVA_TOOL_OPTIONS.includes('-Dhttps.proxyPort='), JSON.stringify(env));
  const { code, stderr } = await program('git', ['clone', '-q', `https://localhost:${origin.port}/repository.git`, 'clone'], { cwd, env: { ...env, HOME: cwd, GIT_SSL_CAINFO: env.SSL_CERT_FILE } });
  assert.equal(code, 0, stderr);
  assert.equal(hash(readFileSync(join(cwd, 'clone', 'payload'))), hash(payload));
});

test('npm installs from a registry as a command of the proxy', async (t) => {
  const cwd = folder(t);
  const relay = await start(t, cwd, allowLoopback(cwd));
  const pair = await certificates(cwd);
  mkdirSync(join(cwd, 'package'));
  writeFileSync(join(cwd, 'package', 'package.json'), JSON.stringify({ name: 'stand-in', version: '1.2.3', main: 'index.js' }));
  writeFileSync(join(cwd, 'package', 'index.js'), 'module.exports = 42;\n');
  assert.equal((await program('tar', ['czf', 'stand-in.tgz', 'package'], { cwd })).code, 0);
  const tarball = readFileSync(join(cwd, 'stand-in.tgz'));
  const origin = await https(t, pair, (req, res) => {
    if (req.url.endsWith('.tgz')) return res.end(tarball);
    if (!req.url.startsWith('/stand-in')) return res.writeHead(404).end('{}');
    const dist = { tarball: `https://localhost:${origin.port}/${basename('stand-in.tgz')}`, integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}` };
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ name: 'stand-in', 'dist-tags': { latest: '1.2.3' }, versions: { '1.2.3': { name: 'stand-in', version: '1.2.3', dist } } }));
  });
  mkdirSync(join(cwd, 'app'));
  writeFileSync(join(cwd, 'app', 'package.json'), '{"private":true}');
  let seen = 0;
  origin.on('connection', () => seen++);
  const child = agent(join(cwd, 'app'), [
    'proxy', '--relay', relay.ws, '--no-proxy', 'none.example', '--ca-file', pair.caFile, '--',
    'npm', 'install', '--no-audit', '--no-fund', '--no-update-notifier', '--cache', join(cwd, 'cache'), '--registry', `https://localhost:${origin.port}/`, 'stand-in',
  ], { HOME: cwd, npm_config_userconfig: join(cwd, 'none'), npm_config_globalconfig: join(cwd, 'neither') });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = await within('npm install', once(child, 'close'), 60_000);
  assert.equal(code, 0, said);
  assert.equal(readFileSync(join(cwd, 'app', 'node_modules', 'stand-in', 'index.js'), 'utf8'), 'module.exports = 42;\n');
  assert.ok(seen > 0);
});

test('a WebSocket client speaks TLS through the proxy', async (t) => {
  const { cwd, relay, pair, origin } = await surroundings(t);
  new WebSocketServer({ server: origin }).on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  const { port } = await proxy(t, cwd, relay);
  const [, tunnel] = await within('the tunnel', once(request({ host: '127.0.0.1', port, method: 'CONNECT', path: `localhost:${origin.port}` }).end(), 'connect'));
  const client = new WebSocket(`wss://localhost:${origin.port}/`, { createConnection: () => tls({ socket: tunnel, servername: 'localhost', ca: readFileSync(pair.caFile) }) });
  t.after(() => client.terminate());
  await within('open', once(client, 'open'));
  for (const message of ['text', payload]) {
    client.send(message);
    const [back] = await within('the echo', once(client, 'message'));
    assert.equal(hash(back), hash(message));
  }
});

test('a relay that is killed in the middle of a transfer is an error to curl, not a short file', async (t) => {
  const cwd = folder(t);
  const relay = await start(t, cwd, allowLoopback(cwd));
  // No length: the end of the connection is the end of the file.
  const origin = tcp((socket) => socket.once('data', () => socket.write(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'), payload]))).on('error', () => {})).listen(0);
  t.after(() => origin.close());
  await once(origin, 'listening');
  const { address } = await proxy(t, cwd, relay);
  const curl = program('curl', ['-sS', '-p', '-x', `http://${address}`, '-o', 'short', `http://localhost:${origin.address().port}/`], { cwd });
  await within('some of the file', (async () => {
    while (!existsSync(join(cwd, 'short')) || statSync(join(cwd, 'short')).size === 0) await new Promise((next) => setTimeout(next, 20));
  })());
  await relay.kill('SIGKILL');
  const { code, stderr } = await curl;
  assert.equal(code, 56, stderr);
  assert.match(stderr, /reset/i);
});

test('a command has the exit code and the signals of its own', async (t) => {
  const cwd = folder(t);
  const relay = await start(t, cwd, allowLoopback(cwd));
  const run = (...command) => agent(cwd, ['proxy', '--relay', relay.ws, '--', ...command]);
  const [code] = await within('exit 7', once(run('sh', '-c', 'test -n "$HTTPS_PROXY" && exit 7'), 'close'));
  assert.equal(code, 7);
  const child = run('sh', '-c', 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done');
  t.after(() => child.kill('SIGKILL'));
  await within('ready', once(child.stdout, 'data'));
  child.kill('SIGTERM');
  assert.equal((await within('exit 9', once(child, 'close')))[0], 9);
  const missing = run('/no/such/command');
  assert.equal((await within('exit 4', once(missing, 'close')))[0], 4);
});
