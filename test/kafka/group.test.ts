import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Group, type GroupDelivery, type GroupOptions, runGroup } from '@tidemark/kafka/group';
import { committedOffsets } from '@tidemark/kafka/offsets';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import type { Failure } from '@tidemark/service/failures';
import { until } from '../support/until.ts';
import { newTopic, records, type TestBroker, testBroker } from './broker.ts';

let broker: TestBroker;
const cleanUps: (() => Promise<void>)[] = [];
before(async () => {
  broker = await testBroker();
});
after(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  await broker.stop();
});

type Member = {
  readonly group: Group;
  readonly values: string[];
  readonly deliveries: GroupDelivery[];
  partitions: readonly number[];
  generation: number;
  revoked: number[];
  fatal: unknown;
};

/** A member that reads all it is assigned, each time from where `from` says. */
function join(
  groupId: string,
  topics: readonly string[],
  from: (topic: string, partition: number) => number,
  options: Partial<GroupOptions> = {},
): Member {
  const member: Member = {
    group: runGroup(broker.client, {
      groupId,
      topics,
      heartbeatMs: 200,
      ...options,
      onAssigned: (partitions, generation) => {
        Object.assign(member, { partitions, generation });
        for (const topic of topics) {
          for (const partition of partitions) member.group.seek(topic, partition, from(topic, partition));
        }
      },
      onRevoked: (generation) => {
        member.partitions = [];
        member.revoked.push(generation);
      },
      onBatch: (delivery) => {
        assert.equal(delivery.generation, member.generation);
        member.deliveries.push(delivery);
        member.values.push(...delivery.records.map(({ value }) => String(value)));
      },
      onFatal: (error) => {
        member.fatal = error;
      },
    }),
    values: [],
    deliveries: [],
    partitions: [],
    generation: 0,
    revoked: [],
    fatal: undefined,
  };
  cleanUps.push(() => member.group.stop());
  return member;
}

async function write(topic: string, partition: number, ...texts: string[]): Promise<void> {
  const producer = new TransactionalProducer(broker.client, {
    transactionalId: `writer-${topic}-${partition}`,
  });
  await producer.fence();
  await producer.commit({
    groupId: 'g',
    sends: [{ topic, partition, records: records(...texts) }],
    offsets: [],
  });
  await producer.close();
}

const fromStart = (): number => 0;

test('partition n of every topic is one member’s; who stays keeps what it has; nothing is read unsought', async () => {
  const topics = [await newTopic(broker.client, 6), await newTopic(broker.client, 6)];
  const groupId = `group-${topics[0]}`;
  const first = join(groupId, topics, fromStart);
  await until('the first to have all', () => first.partitions.length === 6);
  const second = join(groupId, topics, fromStart);
  await until(
    'both to have their share',
    () => first.partitions.length === 3 && second.partitions.length === 3,
  );
  assert.deepEqual(first.partitions, [0, 1, 2]);
  assert.deepEqual(second.partitions, [3, 4, 5]);
  assert.deepEqual(first.revoked, [1]);

  await Promise.all(
    topics.flatMap((topic) => [0, 5].map((partition) => write(topic, partition, `${partition}`))),
  );
  await until('both to have read theirs', () => first.values.length === 2 && second.values.length === 2);
  assert.deepEqual(first.values, ['0', '0']);
  assert.deepEqual(second.values, ['5', '5']);

  await first.group.stop();
  await until('the second to take over', () => second.partitions.length === 6);
  assert.deepEqual(first.partitions, []);
  await until('all to be read', () => second.values.filter((value) => value === '0').length === 2);
});

test('a partition that is paused is not read until it is resumed; a seek reads again', async () => {
  const topic = await newTopic(broker.client, 2);
  const member = join(`group-${topic}`, [topic], fromStart);
  await until('the assignment', () => member.partitions.length === 2);
  member.group.pause(0);
  // The fetch that was under way still asked for partition 0; once it is answered none does.
  await write(topic, 1, 'c');
  await until('the answer', () => member.values.includes('c'));
  await write(topic, 0, 'a', 'b');
  await write(topic, 1, 'd');
  await until('the other partition', () => member.values.includes('d'));
  assert.deepEqual(member.values, ['c', 'd']);
  member.group.resume(0);
  await until('the resumed one', () => member.values.length === 4);
  member.group.seek(topic, 0, 1);
  await until('the record sought', () => member.values.length === 5);
  assert.deepEqual(member.values, ['c', 'd', 'a', 'b', 'b']);
  const last = member.deliveries.at(-1)!;
  assert.deepEqual([last.nextOffset, last.end], [3, 3], 'past the end marker');
});

test('offsets are committed with their metadata, but not by a member of an older generation, and one can ask which is present', async () => {
  const topic = await newTopic(broker.client, 2);
  const groupId = `group-${topic}`;
  const first = join(groupId, [topic], fromStart);
  await until('the assignment', () => first.partitions.length === 2);
  await first.group.commitOffsets(first.generation, [{ topic, partition: 1, offset: 7, metadata: 'plan' }]);
  await first.group.confirm(first.generation);
  const old = first.generation;
  const second = join(groupId, [topic], fromStart);
  await until(
    'both to have their share',
    () => first.partitions.length === 1 && second.partitions.length === 1,
  );
  const late = first.group.commitOffsets(old, [{ topic, partition: 1, offset: 8 }]);
  await assert.rejects(late, { code: 'kafka.generation-over' });
  await assert.rejects(first.group.confirm(old), { code: 'kafka.generation-over' });
  await first.group.confirm(first.generation);
  const [committed] = await committedOffsets(broker.client, groupId, [{ topic, partition: 1 }]);
  assert.deepEqual(committed, { topic, partition: 1, offset: 7, metadata: 'plan' });
});

test('a position that is not in the log is fatal, and the error names it', async () => {
  const topic = await newTopic(broker.client, 1);
  const member = join(`group-${topic}`, [topic], () => 1_000);
  await until('the failure', () => member.fatal !== undefined);
  assert.match(String(member.fatal), /partition 0 of .* has no offset 1000/);
});

test('topics with different numbers of partitions are refused', async () => {
  const topics = [await newTopic(broker.client, 1), await newTopic(broker.client, 2)];
  const member = join(`group-${topics[0]}`, topics, fromStart);
  await until('the failure', () => member.fatal !== undefined);
  assert.match(String(member.fatal), /they must have the same number/);
});

test('a static member that comes back gets its partitions back, and nobody else notices', async () => {
  const topic = await newTopic(broker.client, 4);
  const [groupId, options] = [`static-${topic}`, { sessionTimeoutMs: 20_000 }];
  const [stays, leaves] = ['one', 'two'].map((instanceId) =>
    join(groupId, [topic], () => 0, { ...options, instanceId }),
  ) as [Member, Member];
  await until(
    'both to have their share',
    () => stays.partitions.length === 2 && leaves.partitions.length === 2,
  );
  const [generation, share] = [stays.generation, leaves.partitions];
  await leaves.group.stop();
  const back = join(groupId, [topic], () => 0, { ...options, instanceId: 'two' });
  await until('it to be back', () => back.partitions.length > 0);
  assert.deepEqual(back.partitions, share);
  assert.deepEqual([stays.generation, stays.revoked], [generation, []]);
});

test('a member that is busy for longer than a session keeps its partitions', async () => {
  const topic = await newTopic(broker.client, 2);
  const options = { sessionTimeoutMs: 6_000, busyTimeoutMs: 60_000 };
  const member = join(`busy-${topic}`, [topic], () => 0, options);
  await until('its share', () => member.partitions.length === 2);
  // It has no turn to send a heartbeat in all this time.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, options.sessionTimeoutMs + 2_000);
  // A member whose session is over is refused here.
  await member.group.commitOffsets(member.generation, [{ topic, partition: 0, offset: 0 }]);
  assert.deepEqual([member.generation, member.revoked], [1, []]);
});

test('a second process under the name of a member takes its place, and the first ends', async () => {
  const topic = await newTopic(broker.client, 2);
  const member = () => join(`twice-${topic}`, [topic], () => 0, { instanceId: 'one' });
  const first = member();
  await until('the first to be assigned', () => first.partitions.length === 2);
  const second = member();
  await until('the first to end', () => first.fatal !== undefined);
  assert.equal((first.fatal as Failure).code, 'kafka.instance-taken');
  await until('the second to be assigned', () => second.partitions.length === 2);
  assert.equal(second.fatal, undefined);
});
