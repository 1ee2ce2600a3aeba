import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { once } from 'node:events';
import type { ClickHouseClient } from '@clickhouse/client';
import { pino } from 'pino';
import { connectClickHouse, runStatement } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { checkOneServer } from '@tidemark/clickhouse/one-server';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { isFailure } from '@tidemark/service/failures';
import { readSettings } from '@tidemark/service/settings';
import { type EmbeddedClickHouse, startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';

const log = pino({ level: 'silent' });
const password = 'one-for-both';
let dir = '';
let servers: readonly EmbeddedClickHouse[] = [];
let urls: readonly string[] = [];

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidemark-several-'));
  servers = await Promise.all(
    ['one', 'other'].map(async (name) => {
      const dataDir = join(dir, name);
      await mkdir(dataDir, { recursive: true });
      await writeFile(join(dataDir, 'tidemark.password'), password, { mode: 0o600 });
      return startClickHouse({ dataDir, httpPort: await freePort(), log });
    }),
  );
  urls = servers.map(({ url }) => url);
});
after(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dir, { recursive: true, force: true });
});

const clientOf = (url: string) =>
  connectClickHouse({
    CLICKHOUSE_URL: new URL(url),
    CLICKHOUSE_USER: 'tidemark',
    CLICKHOUSE_PASSWORD: password,
  });

/** Forwards each connection to the next of the servers in turn, as a load balancer does. */
async function balanced(targets: readonly string[], run: (url: string) => Promise<void>): Promise<void> {
  let connections = 0;
  const balancer = createServer((socket) => {
    const target = connect(Number(new URL(targets[connections++ % targets.length]!).port), '127.0.0.1');
    socket.on('error', () => target.destroy()).pipe(target);
    target.on('error', () => socket.destroy()).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(balancer, 'listening');
  try {
    await run(`http://127.0.0.1:${(balancer.address() as AddressInfo).port}`);
  } finally {
    balancer.close();
  }
}

const isRefused = (error: unknown): boolean =>
  isFailure(error, 'clickhouse.schema') && error.what.includes('leads to several servers');

const withClient = async (url: string, run: (client: ClickHouseClient) => Promise<void>): Promise<void> => {
  const client = clientOf(url);
  try {
    await run(client);
  } finally {
    await client.close();
  }
};
const check = (client: ClickHouseClient): Promise<void> => checkOneServer(client, 'tidemark_store');

test('an address that leads to two servers is refused before any table of facts is made', async () => {
  const migrating = (client: ClickHouseClient): Promise<void> =>
    assert.rejects(migrate({ client, settings: readSettings(viewSettings, {}), log }), isRefused);
  await balanced(urls, (url) => withClient(url, migrating));
});

test('so it is when both have the tables, each its own; one of them is taken', async () => {
  const create =
    'CREATE TABLE IF NOT EXISTS tidemark_store.sink_positions (topic String) ENGINE = MergeTree ORDER BY topic';
  for (const url of urls)
    await withClient(url, async (client) => {
      await runStatement(client, 'CREATE DATABASE IF NOT EXISTS tidemark_store');
      await runStatement(client, create);
    });
  await balanced(urls, (url) => withClient(url, (client) => assert.rejects(check(client), isRefused)));
  await balanced(urls.slice(0, 1), (url) => withClient(url, check));
});
