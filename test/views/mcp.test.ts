import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { FastifyInstance } from 'fastify';
import { parse } from 'yaml';
import { api as alertsApi } from '../../services/alerts/api.fixtures.ts';
import { apiOf } from '../../services/live/api.fixtures.ts';
import { type HistoryReader, openHistory } from '../../services/live/history-reader.ts';
import { viewBench, type ViewBench } from '../support/views.ts';
import { business } from './mcp/business.ts';

// 100 questions on a business whose figures are known by hand, asked over HTTP as an assistant does. 30 have no right answer,
// and get the reason instead.

type Question = {
  readonly ask: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly value?: unknown;
  readonly values?: readonly unknown[];
  readonly has?: Readonly<Record<string, unknown>>;
  readonly refused?: string;
};
const questions = parse(
  readFileSync(new URL('mcp/questions.yaml', import.meta.url), 'utf8'),
) as readonly Question[];

const token = 'a-token-for-this-test';
let bench: ViewBench;
let history: HistoryReader;
let live: FastifyInstance;
let alerts: FastifyInstance;
let client: Client;
let address: string;

const listening = async (app: FastifyInstance): Promise<string> => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
};

before(async () => {
  bench = await viewBench();
  for (const { recordedAt, facts } of business) await bench.put(facts, 1, recordedAt);
  const { clickhouseUrl, biUser: user, biPassword: password } = bench.server;
  history = openHistory({ url: new URL(clickhouseUrl), user, password }, Date.now);
  alerts = alertsApi(token).app;
  live = apiOf(
    {},
    { token, history, now: Date.now, alerts: { url: new URL(await listening(alerts)), token } },
  );
  address = await listening(live);
  client = new Client({ name: 'test', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${address}/mcp`), { requestInit }));
});
after(async () => {
  await client?.close();
  await live?.close();
  await alerts?.close();
  await history?.close();
  await bench?.close();
});

async function call(tool: string, args: Record<string, unknown>, by = client) {
  const { isError = false, structuredContent } = await by.callTool({ name: tool, arguments: args });
  return { isError, answer: structuredContent as Record<string, unknown> };
}

/** A part of an answer by its path, such as `rows.0.value` or `rows.length`. */
const partOf = (answer: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], answer);

const rounded = (value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value;

test('there are 100 questions, of which 30 have no right answer', () => {
  assert.equal(questions.length, 100);
  assert.equal(questions.filter(({ refused }) => refused !== undefined).length, 30);
});

test('each question gets its known answer, or the reason why there is none', async (t) => {
  const listed = await call('list_alerts', {});
  const alert = partOf(listed.answer, 'alerts.0.id');
  for (const { ask, tool, args, ...expected } of questions)
    await t.test(ask, async () => {
      const given = args['id'] === '$alert' ? { id: alert } : args;
      const { isError, answer } = await call(tool, given);
      assert.equal(isError, expected.refused !== undefined, JSON.stringify(answer));
      if (expected.refused !== undefined) {
        assert.match(String(answer['cannot_answer']), new RegExp(expected.refused));
        assert.ok(String(answer['instead']).length > 10);
        return;
      }
      const values = expected.values ?? (expected.value === undefined ? undefined : [expected.value]);
      if (values !== undefined) {
        const rows = answer['rows'] as readonly { value: unknown }[];
        assert.deepEqual(
          rows.map(({ value }) => rounded(value)),
          values,
        );
      }
      for (const [path, value] of Object.entries(expected.has ?? {}))
        assert.deepEqual(rounded(partOf(answer, path)), value, path);
    });
});

test('every figure comes with what it is, how far it is counted and as of when', async () => {
  const where = { currency: 'USD' };
  const { answer } = await call('query_metric', {
    metric: 'mrr.mrr',
    grain: 'month',
    from: '2026-05',
    to: '2026-05',
    where,
  });
  assert.match(String(answer['definition']), /Major unit of the currency a month/);
  assert.equal(answer['unit'], 'major unit a month');
  assert.equal(answer['data_through'], '2026-07-01T00:00:00.000Z');
  assert.ok(Math.abs(Date.parse(String(answer['as_of'])) - Date.now()) < 60_000);
  assert.equal(partOf(answer, 'rows.0.currency'), 'USD');
});

test('there are at most ten tools, that only read, in less than 4,000 tokens', async () => {
  const { tools } = await client.listTools();
  assert.ok(tools.length <= 10);
  for (const { annotations, description = '', title = '' } of tools) {
    assert.equal(annotations?.readOnlyHint, true);
    assert.ok(title !== '' && description.length > 40);
  }
  // A token is some four characters of JSON.
  assert.ok(JSON.stringify(tools).length / 4 < 4_000);
});

test('without the token nobody is answered', async () => {
  const answer = await fetch(`${address}/mcp`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(answer.status, 401);
});

test('the same tools answer over standard input and output', async () => {
  const { clickhouseUrl, biUser, biPassword } = bench.server;
  const other = new Client({ name: 'test', version: '1' });
  await other.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [fileURLToPath(new URL('../../services/live/mcp/main.ts', import.meta.url))],
      env: {
        LIVE_CLICKHOUSE_URL: clickhouseUrl,
        LIVE_CLICKHOUSE_USER: biUser,
        LIVE_CLICKHOUSE_PASSWORD: biPassword,
      },
    }),
  );
  const { answer } = await call(
    'query_metric',
    { metric: 'churn.customers_lost', grain: 'month', from: '2026-05', to: '2026-05' },
    other,
  );
  assert.equal(partOf(answer, 'rows.0.value'), 1);
  const none = await call('list_alerts', {}, other);
  assert.match(String(none.answer['cannot_answer']), /no alerts service/);
  await other.close();
});
