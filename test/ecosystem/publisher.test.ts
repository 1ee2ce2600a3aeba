/**
 * The publisher's package as somebody else gets it: packed, installed in an empty project, used from ESM, CommonJS and
 * TypeScript.
 *
 * `npm run test:publisher` does it with Node 20, 22 and 24, which it installs; otherwise it is the Node that runs the test.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { backend, type Closable, type KafkaServer } from '../support/backend.ts';
import { packPublisher } from '../../scripts/publisher/pack.ts';
import { makeTopics, readAll } from '../integration/collector-child.ts';

const run = promisify(execFile);
const versions = process.env['PUBLISHER_NODES']?.split(',') ?? [];
const root = join(import.meta.dirname, '../..');

suite('@tidemark/publisher in an empty project', () => {
  let kafka: KafkaServer & Closable;
  let project: string;
  const nodes = new Map<string, string>();

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'tidemark-consumer-'));
    const [server, archive] = await Promise.all([
      backend({ only: 'kafka' }),
      packPublisher(join(project, 'packed')),
    ]);
    kafka = server;
    await makeTopics(kafka.brokers);
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
    await install(project, archive, 'kafkajs@2.2.4', '@types/node@24');
    await cp(join(import.meta.dirname, 'publisher-consumer'), project, { recursive: true });
    if (versions.length === 0) nodes.set(process.version, process.execPath);
    for (const version of versions) {
      const directory = join(project, `node-${version}`);
      await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', directory, `node@${version}`]);
      nodes.set(version, join(directory, 'node_modules/node/bin/node'));
    }
  });
  after(async () => {
    await kafka?.close();
    await rm(project, { recursive: true, force: true });
  });

  test('publishes from ESM and CommonJS, and what it publishes is in Kafka', async () => {
    const expected: string[] = [];
    for (const [version, node] of nodes) {
      for (const script of ['publish.mjs', 'publish.cjs'])
        await run(node, [script, kafka.brokers.join(','), version], { cwd: project });
      expected.push(`${version}-cjs`, `${version}-esm`);
    }
    const published = (await readAll(kafka.brokers)).map(({ event }) => event.event_id);
    assert.deepEqual(published.toSorted(), expected.toSorted());
  });

  test('has types that strict TypeScript takes, and that refuse a wrong event', async () => {
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'typed.ts'], {
      cwd: project,
    }).catch((error: { stdout: string }) => assert.fail(error.stdout));
  });
});

async function install(directory: string, ...packages: readonly string[]): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], {
    cwd: directory,
  });
}
