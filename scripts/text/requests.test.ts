import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptJson } from '@tidemark/events/validate';
import { api } from '../../services/alerts/api.fixtures.ts';
import { collector } from '../../services/collector/collector.fixtures.ts';
import { apiOf } from '../../services/live/api.fixtures.ts';
import { lineOf, readTree } from './tree.ts';

// What a reader of the documents sends: each request goes to a route that is there, and each event is one that is taken.

const secrets = ['a-secret'];
const { app: ofCollector } = await collector(
  {},
  { webhookSecrets: { stripe: secrets, shopify: secrets, zendesk: secrets } },
);
const { app: ofAlerts } = api();
const ofLive = apiOf({});
/** The services by the ports that documents name. */
const byPort = new Map([
  ['8080', ofCollector],
  ['8081', ofLive],
  ['8082', ofAlerts],
]);
// Routes of plugins are there once they are ready.
await Promise.all([...byPort.values()].map((service) => service.ready()));
const documents = readTree().texts.filter(({ path }) => path.endsWith('.md'));

test('every curl of the documents, and every request that they name, goes to a route of the service', () => {
  const dead: string[] = [];
  let seen = 0;
  const check = (
    at: string,
    services: readonly (typeof ofLive)[],
    method: string | undefined,
    path: string,
  ): void => {
    seen++;
    const plain =
      path
        .split('?', 1)[0]!
        .replace(/[.,;:]+$/, '')
        .replaceAll(/<\w+>|\{\w+\}|:\w+|…/g, 'x') || '/';
    const methods = services.flatMap((service) => service.api.methodsOf(plain));
    if (method === undefined ? methods.length === 0 : !methods.includes(method))
      dead.push(`${at} ${method ?? 'curl'} ${path}`);
  };
  for (const { path: file, text } of documents) {
    const at = (index: number): string => `${file}:${lineOf(text, index)}`;
    for (const { 1: port = '', 2: path = '', index } of text.matchAll(
      /curl [^\n`]*?(?:127\.0\.0\.1|localhost):(\d{4})(\/[^\s'"`]*)?/g,
    )) {
      const service = byPort.get(port);
      if (service !== undefined) check(at(index), [service], undefined, path);
    }
    for (const { 1: method = '', 2: path = '', index } of text.matchAll(
      /`(GET|POST|PUT|DELETE) (\/[^\s`]*)/g,
    ))
      check(at(index), [...byPort.values()], method, path);
  }
  assert.deepEqual(dead, []);
  assert.ok(seen > 20, `${seen} requests`);
});

test('every event that a curl of the documents sends is taken', () => {
  let seen = 0;
  for (const { path, text } of documents)
    for (const [, body = ''] of text.matchAll(
      /curl [^\n]*\/v1\/events [^']*(?:'[^'{]*'[^']*)*-d '(\{[^']*\})'/g,
    )) {
      seen++;
      const event = JSON.parse(body) as { readonly occurred_at: string };
      const now = Date.parse(event.occurred_at) + 1_000;
      const verdict = acceptJson(event, { now, defaultSource: 'test', retention: undefined, strict: true });
      assert.ok(verdict.ok, `${path}: ${JSON.stringify(verdict)}`);
    }
  assert.ok(seen > 0);
});
