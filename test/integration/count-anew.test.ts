/** The runbook docs/runbooks/state-lost.md: a state that is gone is refused, and its commands lead back to exact views. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deleteTopics, ensureTopics } from '@tidemark/kafka/admin';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { topics } from '@tidemark/topics/topics';
import type { Exit } from '../../infra/local/embedded/child.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { type Pipeline, sendsOf, startPipeline } from '../support/pipeline.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const partitions = 2;
const occurredAt = new Date(Date.now() - 60_000).toISOString();

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-anew-'));
  servers = await backend();
  pipeline = await startPipeline({ servers, partitions, processors: 1, sinks: 1, live: false, folder });
});

after(async () => {
  await pipeline.close();
  await servers.close();
  await rm(folder, { recursive: true, force: true });
});

/** Events numbered `from` up to `to`; the same number is the same event. */
async function publish(from: number, to: number): Promise<void> {
  const events = Array.from({ length: to - from }, (_, index) => ({
    event_id: `e-${from + index}`,
    type: 'subscription.started',
    occurred_at: occurredAt,
    customer_id: `c-${from + index}`,
    subscription_id: 's',
    plan_id: 'basic',
    interval: 'month',
    unit_amount: 1_000,
    currency: 'USD',
  }));
  const producer = new IdempotentProducer(pipeline.client);
  await producer.send(sendsOf(events as never, partitions, 'test'));
  await producer.close();
}

/** Customers won, by the view, and movements, by its table. */
const won = (): Promise<{ customers: string; movements: string }[]> =>
  pipeline.reading.rows(
    `SELECT toString(uniqExact(customer_id)) AS customers, toString(count()) AS movements FROM tidemark.mrr_movements`,
  );

test('a state topic that is gone is refused, and the commands of the runbook count anew, exactly', async () => {
  const [processor, sink] = [pipeline.processors[0]!, pipeline.sinks[0]!];
  await publish(0, 40);
  await pipeline.counted();
  const before = await won();
  assert.equal(before[0]?.customers, '40');

  await processor.stop();
  await rm(join(folder, 'processor-1'), { recursive: true });
  await deleteTopics(pipeline.client, ['state']);
  await ensureTopics(pipeline.client, topics(partitions));
  const exited = new Promise<Exit>((resolve) => {
    processor.onExit = resolve;
  });
  processor.start();
  assert.equal((await exited).code, 1);
  assert.match(
    processor.lastLines,
    /topic state is empty: entities would begin anew.*runbooks\/state-lost\.md/,
  );
  assert.deepEqual(await won(), before);

  await sink.stop();
  const page = await readFile(join(repository, 'docs/runbooks/state-lost.md'), 'utf8');
  const commands = /## Count anew\n.*?```sh\n(.*?)```/s.exec(page)?.[1];
  await promisify(execFile)('sh', ['-ec', commands!], {
    cwd: repository,
    env: {
      ...process.env,
      PATH: `${repository}/node_modules/.bin:${process.env['PATH']}`,
      KAFKA_BROKERS: servers.brokers.join(','),
      CLICKHOUSE_URL: servers.clickhouseUrl,
      CLICKHOUSE_USER: servers.clickhouseUser,
      CLICKHOUSE_PASSWORD: servers.clickhousePassword,
      STATE_DIR: join(folder, 'processor-1'),
      PARTITIONS: String(partitions),
    },
  });
  for (const member of [processor, sink]) member.start();
  await Promise.all([processor.ready(), sink.ready()]);
  // Ten of them are repeated: they count once.
  await publish(30, 50);
  await pipeline.counted();
  assert.deepEqual(await won(), [{ customers: '50', movements: '50' }]);
});
