import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { families } from '@tidemark/events/families';
import type { Cluster, KafkaClient } from '@tidemark/kafka/client';
import { Failure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
import { generationOf } from '@tidemark/topics/generation';
import type { ProcessorContext } from './context.ts';
import { until } from '../../test/support/until.ts';
import { Tasks } from './tasks.ts';

/** A context whose brokers do not answer before `answered`, and then not well: tasks hang in their fence, which none can abort. */
async function hanging() {
  const answered = Promise.withResolvers<never>();
  answered.promise.catch(() => undefined);
  const cluster = { connect: () => answered.promise, disconnect: () => Promise.resolve() };
  const log = createLog('test', 'silent');
  const client = { log, newCluster: () => cluster as unknown as Cluster } as unknown as KafkaClient;
  const storeDirectory = await mkdtemp(join(tmpdir(), 'tidemark-tasks-'));
  const context = { client, log, storeDirectory, groupId: 'g', families, names: generationOf(1, ''), partitions: 4, now: Date.now } as unknown as ProcessorContext; // prettier-ignore
  return { context, answer: () => answered.reject(new Failure('kafka.aborted', 'closed')), close: () => rm(storeDirectory, { recursive: true, force: true }) }; // prettier-ignore
}

test('the newest assignment holds, however slow the tasks of the ones before are to end', async () => {
  const { context, answer, close } = await hanging();
  const tasks = new Tasks(context, (error) => assert.fail(String(error)));
  const ended = [[0], [1, 2], [0, 3], [3]].map((partitions) => tasks.assign(partitions));
  await turn();
  assert.deepEqual(tasks.waitingFor, ['Partition 3 is being restored.'], 'at once, while all hang');
  answer();
  await Promise.all(ended);
  await until('the reason why partition 3 begins anew', () =>
    /^Partition 3 failed and begins anew: .*closed/.test(tasks.waitingFor.join()),
  );
  await tasks.stop();
  assert.deepEqual(tasks.waitingFor, []);
  await close();
});
