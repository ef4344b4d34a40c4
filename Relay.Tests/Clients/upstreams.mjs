// Model servers of every kind, and the agent that fronts them.
import { spawn } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from './relay.mjs';

const bin = resolve(process.env.RELAY_AGENT_BIN ?? '../../Relay.Agent/bin/Release/net10.0/relay-agent.dll');

/** What starts relay-agent node. */
export const nodeCommand = (relay, upstream, args = []) => ['dotnet', bin, 'node', '--relay', relay.ws, '--upstream', upstream, '--node-id', 'desk', ...args];

/** Starts relay-agent node and waits until the relay has welcomed it. */
export async function node(test, relay, upstream, args = [], env = {}) {
  const agent = dialling(test, relay, upstream, args, env);
  await agent.logs('Connected');
  return agent;
}

/** Starts relay-agent node. `logs(event)` awaits the next line of its log with this event. */
export function dialling(test, relay, upstream, args = [], env = {}) {
  const [file, ...rest] = nodeCommand(relay, upstream, ['--json', ...args]);
  const child = spawn(file, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'pipe'] });
  const exited = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
  test.after(() => child.kill('SIGKILL'));
  const lines = [];
  let [seen, look] = [0, () => {}];
  createInterface({ input: child.stderr }).on('line', (line) => (lines.push(JSON.parse(line)), look()));
  const logs = (event) => within(`the agent to log ${event}`, new Promise((found, failed) => {
    look = () => {
      while (seen < lines.length) if (lines[seen++].event === event) return found(lines[seen - 1]);
    };
    look();
    exited.then(({ code }) => failed(new Error(`the agent ended with ${code}: ${JSON.stringify(lines)}`)));
  }));
  return { lines, logs, pid: child.pid, kill: (signal) => (child.kill(signal), within('the agent to end', exited)) };
}

/** An OpenAI-compatible server whose answers a test writes: `answer(request, response, body)`. */
export async function modelServer(test, answer, models = ['llama3']) {
  const server = createHttpServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/v1/models') return response.end(JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) }));
    await answer(request, response, body ? JSON.parse(body) : undefined);
  });
  return await listen(test, server);
}

/** A server that answers every request with the same bytes and closes. */
export async function rawServer(test, bytes) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    let head = '';
    socket.on('data', (data) => {
      head += data.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (end >= 0 && head.length >= end + 4 + length) socket.end(bytes);
    });
  });
  return await listen(test, server);
}

async function listen(test, server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => (server.closeAllConnections?.(), server.close()));
  return `http://127.0.0.1:${server.address().port}/v1`;
}
