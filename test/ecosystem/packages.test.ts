/**
 * The packages as somebody else gets them: packed, installed in an empty project. The publisher is used from ESM, CommonJS and
 * TypeScript, the command line with `npx`.
 *
 * `npm run test:packages` does it with Node 20, 22 and 24, which it installs; otherwise it is the Node that runs the test.
 *
 * The examples of `examples/` publish from there: `npm run test:examples` runs all, otherwise those of `EXAMPLES`.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { backend, type Closable, type KafkaServer } from '../support/backend.ts';
import { packCli } from '../../scripts/packages/cli.ts';
import { packPublisher } from '../../scripts/packages/publisher.ts';
import { examples, isRunnable, runExample } from './examples.ts';
import { makeTopics, readAll, startCollector, type Collector } from '../integration/collector-child.ts';

const run = promisify(execFile);
const versions = process.env['PACKAGES_NODES']?.split(',') ?? [];
const isAsked = (name: string): boolean => (process.env['EXAMPLES'] ?? 'curl,node').split(',').includes(name);
const root = join(import.meta.dirname, '../..');

suite('the packages in an empty project', () => {
  let kafka: KafkaServer & Closable;
  let collector: Collector;
  let project: string;
  const nodes = new Map<string, string>();

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'tidemark-consumer-'));
    const [server, ...archives] = await Promise.all([
      backend({ only: 'kafka' }),
      packPublisher(join(project, 'packed/publisher')),
      packCli(join(project, 'packed/cli')),
    ]);
    kafka = server;
    await makeTopics(kafka.brokers);
    collector = await startCollector(kafka.brokers);
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
    await install(project, ...archives, 'kafkajs@2.2.4', '@types/node@24');
    await cp(join(import.meta.dirname, 'publisher-consumer'), project, { recursive: true });
    if (versions.length === 0) nodes.set(process.version, process.execPath);
    for (const version of versions) {
      const directory = join(project, `node-${version}`);
      await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', directory, `node@${version}`]);
      nodes.set(version, join(directory, 'node_modules/node/bin/node'));
    }
  });
  after(async () => {
    await collector?.stop();
    await kafka?.close();
    await rm(project, { recursive: true, force: true });
  });

  test('the publisher publishes from ESM and CommonJS, and what it publishes is in Kafka', async () => {
    const expected: string[] = [];
    for (const [version, node] of nodes) {
      for (const script of ['publish.mjs', 'publish.cjs'])
        await run(node, [script, kafka.brokers.join(','), version], { cwd: project });
      expected.push(`${version}-cjs`, `${version}-esm`);
    }
    const published = (await readAll(kafka.brokers)).map(({ event }) => event.event_id);
    assert.deepEqual(published.toSorted(), expected.toSorted());
  });

  test('the publisher has types that strict TypeScript takes, and that refuse a wrong event', async () => {
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'typed.ts'], {
      cwd: project,
    }).catch((error: { stdout: string }) => assert.fail(error.stdout));
  });

  test('the command line lists its commands, publishes, imports, shows what there is, and says what needs a checkout', async () => {
    const now = new Date().toISOString();
    const example = join(root, 'examples/import/stripe-subscriptions');
    for (const [version, node] of nodes) {
      const env = {
        ...process.env,
        // The first Node of the path runs the bin.
        PATH: `${dirname(node)}:${process.env['PATH']}`,
        KAFKA_BROKERS: kafka.brokers.join(','),
        COLLECTOR_URL: collector.url,
      };
      const { stdout: help } = await run('npx', ['--no', '--', 'tidemark', '--help'], { cwd: project, env });
      const bin = join(project, 'node_modules/.bin/tidemark');
      const tidemark = (...args: readonly string[]) => run(bin, args, { cwd: project, env });
      for (const name of ['doctor', 'publish', 'import', 'recount'])
        assert(help.includes(`  ${name} `), name);
      await writeFile(
        join(project, 'cart.json'),
        JSON.stringify({
          type: 'cart.created', event_id: `${version}-cli`, occurred_at: now, cart_id: 'a', value: 1, currency: 'EUR',
        }),
      ); // prettier-ignore
      await tidemark('publish', 'cart.json');
      const imported = await tidemark('import', `${example}.csv`, '--mapping', `${example}.yaml`, '--json');
      assert.equal((JSON.parse(imported.stdout) as { complete: boolean }).complete, true);
      const shown = await tidemark('tail', 'events', '--no-follow', '--last', '1000', '--json');
      for (const id of [`${version}-cli`, 'stripe-export:sub_1:started'])
        assert(shown.stdout.includes(id), id);
      await assert.rejects(tidemark('start'), /This needs a checkout of tidemark/);
    }
  });

  for (const example of examples.filter(({ name }) => isAsked(name)))
    test(`the example ${example.name} publishes a sale that is counted once, though it runs twice`, async (t) => {
      if (!(await isRunnable(example))) {
        t.diagnostic(`Not run: this machine has no ${example.needs[0]}.`);
        return;
      }
      const settings = { brokers: kafka.brokers, collector: collector.url, project };
      for (let time = 0; time < 2; time += 1) await runExample(example, settings, example.name);
      const stored = (await readAll(kafka.brokers)).map(({ event }) => event);
      const sales = stored.filter((event) => event.event_id === `shop:${example.name}:completed`);
      assert.equal(sales.length, 2);
      for (const sale of sales) {
        assert(sale.type === 'purchase.completed');
        assert.deepEqual([sale.source, sale.purchase_id, sale.amount], [example.name, example.name, 5900]);
      }
    });
});

async function install(directory: string, ...packages: readonly string[]): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], {
    cwd: directory,
  });
}
