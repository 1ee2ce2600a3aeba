import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { topics } from '@tidemark/topics/topics';
import { clusterId, partitionCounts } from '@tidemark/kafka/admin';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { type TestBroker, testBroker } from './broker.ts';

let broker: TestBroker;
before(async () => {
  broker = await testBroker();
});
after(() => broker.stop());

const prefixed = (prefix: string, partitions: number) =>
  topics(partitions).map((topic) => ({ ...topic, name: `${prefix}.${topic.name}` }));

test('the system’s topics are made once, by however many ask, and found again', async () => {
  const wanted = prefixed(randomUUID(), 3);
  const made = await Promise.all([ensureTopics(broker.client, wanted), ensureTopics(broker.client, wanted)]);
  assert.deepEqual(new Set(made.flat()), new Set(wanted.map(({ name }) => name)));
  assert.deepEqual(await ensureTopics(broker.client, wanted), []);
  const counts = await partitionCounts(broker.client, [wanted[0]!.name, 'nowhere']);
  assert.deepEqual([...counts], [[wanted[0]!.name, 3]]);
  assert.match(await clusterId(broker.client), /^\S{10,}$/);
});

test('all faults of existing topics are reported at once', async () => {
  const prefix = randomUUID();
  const wrong = prefixed(prefix, 3).map((topic) => ({ ...topic, config: { 'cleanup.policy': 'delete' } }));
  await ensureTopics(broker.client, wrong);
  await assert.rejects(ensureTopics(broker.client, prefixed(prefix, 4)), (error: Error) => {
    assert.match(error.message, /events\.cart has 3 partitions instead of 4: set PARTITIONS to 3/);
    assert.match(
      error.message,
      /\.counters has cleanup\.policy=delete: set it to compact, with kafka-configs\.sh .* --add-config cleanup\.policy=compact/,
    );
    assert.match(
      error.message,
      /events\.cart has message\.timestamp\.type=CreateTime: set it to LogAppendTime/,
    );
    return true;
  });
});
