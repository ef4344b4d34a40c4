// The relay's OpenAI-compatible API with the official client and with curl, over a real agent and a real model server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import OpenAI, { APIError, APIUserAbortError } from 'openai';
import { connect, folder, start, within } from './relay.mjs';
import { modelServer, node, rawServer } from './upstreams.mjs';

const question = { model: 'llama3', messages: [{ role: 'user', content: 'Say hello.' }] };
const client = (relay) => new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: 'unused', maxRetries: 0 });
const delta = (content) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'llama3', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const done = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'llama3', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

const curl = async (...args) => {
  const child = spawn('curl', ['-sS', '--max-time', '30', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  await within('curl', once(child, 'close'));
  return output;
};

async function served(t, answer) {
  const relay = await start(t, folder(t));
  return { relay, openai: client(relay), agent: await node(t, relay, await modelServer(t, answer)) };
}

test('the openai client lists models, chats, streams and embeds through a node', async (t) => {
  const { openai } = await served(t, (request, response, body) => {
    response.setHeader('content-type', 'application/json');
    if (request.url.endsWith('/embeddings')) return response.end(JSON.stringify({ object: 'list', model: body.model, data: [{ object: 'embedding', index: 0, embedding: [1, 2] }], usage: { prompt_tokens: 1, total_tokens: 1 } }));
    if (!body.stream) return response.end(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: body.model, choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }] }));
    response.setHeader('content-type', 'text/event-stream');
    for (const word of ['he', 'llo', ' ', 'wörld']) response.write(delta(word));
    response.end(done);
  });
  assert.deepEqual((await openai.models.list()).data.map((model) => model.id), ['llama3']);
  assert.equal((await openai.chat.completions.create(question)).choices[0].message.content, 'hello');
  let text = '';
  for await (const chunk of await openai.chat.completions.create({ ...question, stream: true })) text += chunk.choices[0].delta.content ?? '';
  assert.equal(text, 'hello wörld');
  assert.deepEqual((await openai.embeddings.create({ model: 'llama3', input: 'x', encoding_format: 'float' })).data[0].embedding, [1, 2]);
});

test('the openai client knows every refusal as one of its own errors', async (t) => {
  const { openai, relay } = await served(t, (request, response) => {
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' });
    response.end(JSON.stringify({ error: { message: 'slow down', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } }));
  });
  await assert.rejects(openai.chat.completions.create({ ...question, model: 'nobodys' }), (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found' && error.param === 'model');
  await assert.rejects(openai.chat.completions.create(question), (error) => error instanceof OpenAI.RateLimitError && error.code === 'rate_limit_exceeded' && error.headers.get('retry-after') === '7');
  await assert.rejects(openai.chat.completions.create({ ...question, model: undefined }), (error) => error instanceof OpenAI.BadRequestError);
  const answer = JSON.parse(await curl(`${relay.url}/v1/chat/completions`, '-H', 'content-type: application/json', '-d', '{"model":'));
  assert.equal(answer.error.type, 'invalid_request_error');
});

test('a client that aborts is told to the model server, before the first word too', async (t) => {
  const events = [];
  let reached, gone;
  const { openai } = await served(t, (request, response, body) => {
    events.push(body.stream);
    response.on('close', () => gone());
    if (body.stream) response.write(delta('first'));
    reached();
  });
  for (const stream of [false, true]) {
    const [arrived, closed] = [new Promise((found) => (reached = found)), new Promise((found) => (gone = found))];
    const stop = new AbortController();
    const call = openai.chat.completions.create({ ...question, stream }, { signal: stop.signal });
    call.catch(() => {});
    await within('the model server to be asked', arrived);
    stop.abort();
    await within('the model server to be told', closed);
    if (!stream) await assert.rejects(call, APIUserAbortError);
  }
  assert.deepEqual(events, [false, true]);
});

test('a model server that answers HTML, closes early or breaks off is a clean error', async (t) => {
  const odd = [
    ['HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html></html>', 502],
    ['HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>', 502],
    ['', 502],
    ['HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"id":', 502],
  ];
  for (const [bytes, status] of odd) {
    const relay = await start(t, folder(t));
    await node(t, relay, await rawServer(t, bytes), ['--model', 'llama3']);
    await assert.rejects(client(relay).chat.completions.create(question), (error) => error instanceof APIError && error.status === status && typeof error.code === 'string', bytes);
  }
});

test('CR and LF in odd places reach curl as they were, and a stream that breaks off ends with an error event', async (t) => {
  const body = `data: {"a":1}\r\n\r\ndata: {"b":2}\r\rdata: {"c":3}\n\r\n: comment\r\n\r\n`;
  const relay = await start(t, folder(t));
  await node(t, relay, await rawServer(t, `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${body}`), ['--model', 'llama3']);
  assert.equal(await curl('-N', `${relay.url}/v1/chat/completions`, '-d', JSON.stringify({ ...question, stream: true }), '-H', 'content-type: application/json'), body);

  const other = await start(t, folder(t));
  await node(t, other, await rawServer(t, `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n${delta('one')}`), ['--model', 'llama3']);
  const stream = await client(other).chat.completions.create({ ...question, stream: true });
  let text = '';
  await assert.rejects(async () => {
    for await (const chunk of stream) text += chunk.choices[0].delta.content;
  }, APIError);
  assert.equal(text, 'one');
});

test('a node that is stopped finishes its stream, then is gone', async (t) => {
  let go;
  const { openai, agent } = await served(t, async (request, response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.write(delta('one'));
    await new Promise((on) => (go = on));
    response.write(delta(' two'));
    response.end(done);
  });
  const stream = await openai.chat.completions.create({ ...question, stream: true });
  let [text, ended] = ['', undefined];
  for await (const chunk of stream) {
    text += chunk.choices[0].delta.content ?? '';
    if (text === 'one') {
      ended = agent.kill('SIGTERM');
      go();
    }
  }
  assert.equal(text, 'one two');
  assert.deepEqual(await ended, { code: 0, signal: null });
});

test('ai_chat runs on a node', async (t) => {
  const { relay } = await served(t, (request, response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.write(delta('hello'));
    response.end(done);
  });
  const user = await connect(t, relay, 'ann');
  const first = await user.ask('ai_chat', question);
  assert.equal(first.type, 'ai_delta');
  assert.equal(first.data.text, 'hello');
});
