// Starts a built relay as a process of its own, and speaks with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const bin = resolve(process.env.RELAY_BIN ?? '../../Relay.Gateway/bin/Release/net10.0/Relay.Gateway.dll');

/** The longest that any one thing may take: hit only when it never comes. */
export const patience = 30_000;

/** A working folder for relays, with their data; removed when the test ends. */
export function folder(test) {
  const path = mkdtempSync(join(tmpdir(), 'relay-clients-'));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs a relay to its end; gives its exit code and what it printed. */
export async function run(cwd, args, env = {}) {
  const child = launch(cwd, args, env);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

/** Starts a relay on free ports and waits until it listens. It is killed when the test ends. */
export async function start(test, cwd, args = [], env = {}) {
  const child = launch(cwd, [...(args.includes('--server:port') ? [] : ['--server:port', '0']), '--metrics:port', '0', ...args], env);
  const exited = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
  test.after(() => child.kill('SIGKILL'));
  child.stderr.resume();
  const lines = createInterface({ input: child.stdout });
  const seen = [];
  const [url, metrics] = await within('the relay to listen', new Promise((found, failed) => {
    lines.on('line', (line) => {
      const match = /^relay (?:listening|metrics) on (https?:\S+)/.exec(line);
      if (match && seen.push(match[1]) === 2) found(seen);
    });
    exited.then(({ code }) => failed(new Error(`the relay ended with ${code} before it listened`)));
  }));
  return { url, metrics, pid: child.pid, ws: url.replace(/^http/, 'ws'), kill: (signal) => (child.kill(signal), within('the relay to end', exited)) };
}

/** A client that asks and awaits answers by request_id. */
export async function connect(test, relay, user) {
  const socket = new WebSocket(`${relay.ws}/ws?user_id=${user}`);
  test.after(() => socket.terminate());
  const closed = once(socket, 'close').then(([code]) => code);
  const waiting = new Map();
  let asked = 0;
  const welcome = await within('welcome', new Promise((welcomed, failed) => {
    socket.on('error', failed);
    socket.on('message', (text) => {
      const frame = JSON.parse(text);
      if (frame.type === 'welcome') welcomed(frame);
      else waiting.get(frame.request_id)?.(frame);
    });
  }));
  return {
    welcome,
    closed: () => within('the close', closed),
    close: () => socket.close(1000),
    ask: (type, data) => {
      const request_id = `${++asked}`;
      const answer = new Promise((answered) => waiting.set(request_id, answered));
      socket.send(JSON.stringify({ type, data, request_id }));
      return within(`the answer to ${type}`, answer);
    },
  };
}

export async function within(what, promise, milliseconds = patience) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`waited ${milliseconds} ms for ${what}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function launch(cwd, args, env) {
  return spawn('dotnet', [bin, ...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}
