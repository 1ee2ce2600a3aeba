import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { asSet, topics } from '@tidemark/topics/topics';
import { clusterId, partitionCounts, withAdmin } from '@tidemark/kafka/admin';
import { checkTopics, ensureTopics } from '@tidemark/kafka/topic-settings';
import { type TestBroker, testBroker } from './broker.ts';

let broker: TestBroker;
before(async () => {
  broker = await testBroker();
});
after(() => broker.stop());

const prefixed = (prefix: string, partitions: number) =>
  topics(partitions, '').map((topic) => ({ ...topic, name: `${prefix}.${topic.name}` }));

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
      /\.counters has cleanup\.policy=delete: set it to compact\. `npx tidemark topics --correct` does it for all topics, and for one kafka-configs\.sh .* --add-config cleanup\.policy=compact/,
    );
    assert.match(
      error.message,
      /events\.cart has message\.timestamp\.type=CreateTime: set it to LogAppendTime/,
    );
    return true;
  });
});

test('topics are made and required with as many copies as the settings say', async () => {
  const prefix = randomUUID();
  const of = (REPLICATION: number | undefined, MIN_INSYNC: number | undefined) =>
    asSet(prefixed(prefix, 1), { REPLICATION, MIN_INSYNC, DEAD_LETTER_RETENTION: 86_400_000 });
  await assert.rejects(
    ensureTopics(broker.client, of(2, undefined)),
    /REPLICATION is more than there are brokers/,
  );
  await ensureTopics(broker.client, of(1, 1));
  await checkTopics(broker.client, of(1, 1), 0);
  await assert.rejects(checkTopics(broker.client, of(3, 2), 0), (error: Error) => {
    assert.match(
      error.message,
      /facts is on 1 broker instead of 3: give it more with kafka-reassign-partitions\.sh, or set REPLICATION to 1/,
    );
    assert.match(error.message, /state has min\.insync\.replicas=1: set it to 2, or MIN_INSYNC to less/);
    return true;
  });
});

test('settings that lose what nobody has read are refused and can be corrected; others are the operator’s choice', async () => {
  const prefix = randomUUID();
  const shorter = { 'retention.ms': '3600000', 'max.message.bytes': '2000000' };
  const set = prefixed(prefix, 1).map((topic) => ({ ...topic, config: { ...topic.config, ...shorter } }));
  await ensureTopics(broker.client, set);
  const wanted = prefixed(prefix, 1);
  await assert.rejects(checkTopics(broker.client, wanted, 0), (error: Error) => {
    assert.match(
      error.message,
      /events\.cart has retention\.ms=3600000: set it to 2592000000, or TOPIC_RETENTION/,
    );
    assert.match(error.message, /facts has retention\.ms/);
    assert.doesNotMatch(error.message, /dead-letters|alert-commands|max\.message\.bytes/);
    return true;
  });
  // With so short a retention asked for, it is as it should be.
  await checkTopics(broker.client, topics(1, '', 3_600_000).map((topic) => ({ ...topic, name: `${prefix}.${topic.name}` })), 0); // prettier-ignore
  await ensureTopics(broker.client, wanted, true);
  await checkTopics(broker.client, wanted, 0);
  const { resources } = await withAdmin(broker.client, 'looking', (admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: 2, name: `${prefix}.events.cart`, configNames: ['max.message.bytes'] },
        { type: 2, name: `${prefix}.dead-letters`, configNames: ['retention.ms'] },
      ],
    }),
  );
  const values = resources.map(({ configEntries }) => configEntries[0]?.configValue);
  assert.deepEqual(values, ['2000000', String(400 * 86_400_000)], 'what no setting says stays');
});
