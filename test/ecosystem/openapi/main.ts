/**
 * `npm run test:openapi`: schemathesis sends what the OpenAPI documents of the services allow, and what they do not,
 * and compares every answer with them. It comes from PyPI, into an environment outside the tree. Names of services after
 * `--` take those alone.
 */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { openReader } from '@tidemark/explain/reader';
import { readSettings } from '@tidemark/service/settings';
import { api as alerts } from '../../../services/alerts/api.fixtures.ts';
import { collector, now } from '../../../services/collector/collector.fixtures.ts';
import { apiOf } from '../../../services/live/api.fixtures.ts';
import { erasing as personalData } from '../../../services/personal-data/api.fixtures.ts';
import { openHistory } from '../../../services/live/history-reader.ts';
import { viewBench } from '../../support/views.ts';
import { pythonWith, shown } from '../python.ts';

type Served = {
  readonly app: FastifyInstance;
  readonly token: string;
  readonly close?: () => Promise<void>;
};

const token = 'a-token-for-this-test';
const webhookSecret = 'a-secret-of-webhooks-for-this-test';
const services: { readonly [name: string]: () => Promise<Served> } = {
  alerts: async () => ({ app: alerts(token).app, token }),
  live: async () => {
    const bench = await viewBench();
    const { clickhouseUrl, biUser: user, biPassword: password, explainUser, explainPassword } = bench.server;
    const facts = connectClickHouse({
      CLICKHOUSE_URL: new URL(clickhouseUrl),
      CLICKHOUSE_USER: explainUser,
      CLICKHOUSE_PASSWORD: explainPassword,
    });
    const explain = { reader: openReader(facts, readSettings(viewSettings, {})) };
    const history = openHistory({ url: new URL(clickhouseUrl), user, password }, Date.now);
    const { app: behind } = alerts(token);
    const url = new URL(await behind.listen({ host: '127.0.0.1', port: 0 }));
    const app = apiOf(
      { '["costs","USD","marketing"]': 1n },
      { token, history, requestsPerMinute: 1e9, alerts: { url, token }, explain },
    );
    const close = async () =>
      void (await Promise.all([history.close(), facts.close(), bench.close(), behind.close()]));
    return { app, token, close };
  },
  'personal-data': async () => ({ app: personalData(token).app, token }),
  collector: async () => {
    const webhookSecrets = { stripe: [webhookSecret], shopify: [webhookSecret], zendesk: [webhookSecret] };
    return { app: (await collector({}, { host: '0.0.0.0', webhookSecrets })).app, token: 'all' };
  },
};

const programs = await pythonWith('schemathesis', 'schemathesis==4.32.5');
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(services);
for (const name of wanted) {
  const start = services[name];
  if (start === undefined)
    throw new RangeError(`${name} is no service; there are ${Object.keys(services).join(', ')}`);
  const { app, token: secret, close } = await start();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  console.log(`== ${name}`);
  const code = await shown(
    join(programs, 'schemathesis'),
    [
      '--config-file',
      join(import.meta.dirname, 'schemathesis.toml'),
      'run',
      `http://127.0.0.1:${port}/openapi.json`,
      '--header',
      `Authorization: Bearer ${secret}`,
      '--checks',
      'all',
      '--seed',
      '1',
    ],
    {
      SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'signing.py'),
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_NOW_MS: String(now),
    },
  );
  if (code !== 0) process.exitCode = 1;
  await app.close();
  await close?.();
}
