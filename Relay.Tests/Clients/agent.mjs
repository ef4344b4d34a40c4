// Starts a built relay-agent as a process of its own, and what its tunnels lead to.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from './relay.mjs';

const bin = resolve(process.env.RELAY_AGENT_BIN ?? '../../Relay.Agent/bin/Release/net10.0/relay-agent.dll');

/** A relay's settings with which its tunnels may lead to this machine. */
export function allowLoopback(cwd) {
  writeFileSync(join(cwd, 'relay.yaml'), 'tunnel: { allow: ["localhost:*", "127.0.0.0/8:*", "[::1/128]:*"] }\n');
  return ['--config-file', 'relay.yaml'];
}

/** Starts a process of the agent's. */
export function agent(cwd, args, env = {}) {
  return spawn('dotnet', [bin, ...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Starts a proxy and waits until it listens. It is killed when the test ends. */
export async function proxy(test, cwd, relay, args = []) {
  const child = agent(cwd, ['proxy', '--relay', relay.ws, ...args]);
  test.after(() => child.kill('SIGKILL'));
  const [line] = await within('the proxy to listen', once(createInterface({ input: args.includes('--print-env') ? child.stderr : child.stdout }), 'line'));
  const [, address] = /^listening on (127\.0\.0\.1:\d+)$/.exec(line) ?? [];
  if (!address) throw new Error(`the proxy said: ${line}`);
  return { address, port: Number(address.split(':')[1]), pid: child.pid, child };
}

/** Runs a program to its end. */
export function program(file, args, options = {}) {
  return within(file, new Promise((done) => {
    execFile(file, args, { encoding: 'buffer', maxBuffer: 1 << 28, ...options }, (error, stdout, stderr) => done({ code: error ? error.code : 0, stdout, stderr: stderr.toString() }));
  }), 60_000);
}

/** The environment that the proxy prints, as a shell understands it. */
export async function environment(test, cwd, relay, args = []) {
  const child = agent(cwd, ['proxy', '--relay', relay.ws, '--print-env', ...args]);
  test.after(() => child.kill('SIGKILL'));
  let printed = '';
  await within('the environment', new Promise((done) => {
    child.stdout.setEncoding('utf8').on('data', (text) => (printed += text).includes('JAVA_TOOL_OPTIONS') && printed.endsWith('\n') && done());
  }));
  const { stdout } = await program('env', ['-i', `PATH=${process.env.PATH}`, 'sh', '-c', `${printed}\nenv -0`]);
  return Object.fromEntries(stdout.toString().split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** A chain of certificates for localhost: a root in ca.crt, one between, and the server's key and chain. */
export async function certificates(cwd) {
  const at = (name) => join(cwd, name);
  const openssl = async (...args) => {
    const { code, stderr } = await program('openssl', args, { cwd });
    if (code !== 0) throw new Error(stderr);
  };
  writeFileSync(at('ca.ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n');
  writeFileSync(at('server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  for (const [name, signer, extensions] of [['ca', null, 'ca.ext'], ['middle', 'ca', 'ca.ext'], ['server', 'middle', 'server.ext']]) {
    await openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=relay test ${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const by = signer ? ['-CA', `${signer}.crt`, '-CAkey', `${signer}.key`, '-CAcreateserial'] : ['-signkey', `${name}.key`];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-days', '2', '-extfile', extensions, '-out', `${name}.crt`);
  }

  const chain = readFileSync(at('server.crt'), 'utf8') + readFileSync(at('middle.crt'), 'utf8');
  return { caFile: at('ca.crt'), key: readFileSync(at('server.key')), cert: chain };
}

/** An HTTPS server of localhost; gives its port. */
export async function https(test, { key, cert }, handler) {
  const server = createServer({ key, cert }, handler);
  // On every address of localhost: which of them the relay takes is its affair.
  server.listen(0);
  test.after(() => { server.closeAllConnections(); server.close(); });
  await once(server, 'listening');
  return Object.assign(server, { port: server.address().port });
}
