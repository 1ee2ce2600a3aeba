import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { newTopic, records, type TestBroker, testBroker } from './broker.ts';
import { setTransactionVersion } from './features.ts';
import { type Mishap, watchedClient } from './watched-client.ts';

/** How many transactions follow each other; more than 32,767 use up the epochs of a producer id. */
const transactions = Number(process.env['TRANSACTIONS'] ?? 100);

let broker: TestBroker;
before(async () => {
  broker = await testBroker();
});
after(() => broker.stop());

const producer = (transactionalId: string): TransactionalProducer =>
  new TransactionalProducer(broker.client, { transactionalId });

const endOf = async (topic: string, partition: number, end: 'end' | 'stable-end'): Promise<number> =>
  (await listOffsets(broker.client, topic, [partition], end)).get(partition)!;

/** A commit is answered before its markers stand in the partitions: until they do, readers wait there. */
async function settled(topic: string, partition: number): Promise<void> {
  const end = await endOf(topic, partition, 'end');
  while ((await endOf(topic, partition, 'stable-end')) < end) await sleep(10);
}

/** The values a read-committed reader sees once every transaction ended, and the position it ends at. */
async function read(topic: string, partition = 0, from = 0): Promise<{ values: string[]; position: number }> {
  await settled(topic, partition);
  const values: string[] = [];
  const onRecords = (batch: readonly { value: Buffer | null }[]): void => {
    for (const { value } of batch) values.push(String(value));
  };
  const position = await readPartitionToEnd(broker.client, {
    topic,
    partition,
    from,
    onRecords,
    stallMs: 5_000,
  });
  return { values, position };
}

test('outputs to several partitions and the offsets become visible together', async () => {
  const [facts, state] = [await newTopic(broker.client, 2), await newTopic(broker.client)];
  const groupId = `group-${facts}`;
  const mine = producer(`id-${facts}`);
  await mine.fence();
  const written = await mine.commit({
    groupId,
    sends: [
      { topic: facts, partition: 0, records: records('a', 'b') },
      { topic: facts, partition: 1, records: records('c') },
      { topic: state, partition: 0, records: records('d') },
      { topic: state, partition: 0, records: [] },
    ],
    offsets: [{ topic: facts, partition: 1, offset: 77, metadata: 'm' }],
  });
  await mine.close();
  assert.deepEqual(
    written.map((one) => one.nextOffset),
    [2, 1, 1],
  );
  assert.deepEqual((await read(facts, 0)).values, ['a', 'b']);
  assert.deepEqual((await read(facts, 1)).values, ['c']);
  assert.deepEqual((await read(state)).values, ['d']);
  assert.deepEqual(
    await committedOffsets(broker.client, groupId, [
      { topic: facts, partition: 1 },
      { topic: facts, partition: 0 },
    ]),
    [
      { topic: facts, partition: 1, offset: 77, metadata: 'm' },
      { topic: facts, partition: 0, offset: undefined, metadata: '' },
    ],
  );
});

test('many transactions one upon the other, offsets alone among them', async () => {
  const topic = await newTopic(broker.client);
  const groupId = `group-${topic}`;
  const mine = producer(`id-${topic}`);
  await mine.fence();
  for (let n = 0; n < transactions; n++) {
    const sends = n % 3 === 0 ? [] : [{ topic, partition: 0, records: records(String(n)) }];
    await mine.commit({ groupId, sends, offsets: [{ topic, partition: 0, offset: n }] });
  }
  await mine.close();
  const expected = Array.from({ length: transactions }, (_, n) => n).filter((n) => n % 3 !== 0);
  assert.deepEqual((await read(topic)).values.map(Number), expected);
  assert.equal(
    (await committedOffsets(broker.client, groupId, [{ topic, partition: 0 }]))[0]?.offset,
    transactions - 1,
  );
});

test('more than one batch takes is cut by bytes and kept in order', async () => {
  const topic = await newTopic(broker.client);
  const mine = producer(`id-${topic}`);
  await mine.fence();
  const many = Array.from({ length: 3_000 }, (_, n) => ({
    key: null,
    value: Buffer.alloc(1_000, String(n % 10)),
  }));
  const written = await mine.commit({
    groupId: 'g',
    sends: [{ topic, partition: 0, records: many }],
    offsets: [],
  });
  await mine.close();
  assert.equal(written.length, 4);
  assert.equal(written.at(-1)?.nextOffset, 3_000);
  const { values, position } = await read(topic);
  assert.equal(position, 3_001, 'the end marker takes an offset');
  assert.deepEqual(
    values,
    many.map(({ value }) => value.toString()),
  );
});

test('a new producer fences the old one, whose transaction is not seen', async () => {
  const topic = await newTopic(broker.client);
  const old = producer(`id-${topic}`);
  await old.fence();
  await old.commit({ groupId: 'g', sends: [{ topic, partition: 0, records: records('old') }], offsets: [] });
  const young = producer(`id-${topic}`);
  await young.fence();
  const late = { groupId: 'g', sends: [{ topic, partition: 0, records: records('late') }], offsets: [] };
  await assert.rejects(old.commit(late), { code: 'kafka.fenced' });
  await assert.rejects(old.commit(late), { code: 'kafka.fenced' }, 'broken for good');
  await young.commit({
    groupId: 'g',
    sends: [{ topic, partition: 0, records: records('young') }],
    offsets: [],
  });
  assert.deepEqual((await read(topic)).values, ['old', 'young']);
  await Promise.all([old.close(), young.close()]);
});

test('what the broker refuses is not committed, and the producer is dropped', async () => {
  const topic = await newTopic(broker.client);
  const mine = producer(`id-${topic}`);
  await mine.fence();
  const tooLarge = [{ key: null, value: Buffer.alloc(2_000_000) }];
  const sends = [
    { topic, partition: 0, records: records('beside') },
    { topic, partition: 0, records: tooLarge },
  ];
  await assert.rejects(mine.commit({ groupId: 'g', sends, offsets: [] }), { code: 'kafka.record-refused' });
  assert.equal(mine.broken?.code, 'kafka.record-refused');
  await mine.close();
  assert.deepEqual((await read(topic)).values, []);
});

test('two writers on a partition, every third transaction aborted: the reader sees what was committed', async () => {
  const topic = await newTopic(broker.client);
  const expected: string[] = [];
  const write = async (name: string): Promise<void> => {
    let mine = producer(`id-${name}-${topic}`);
    await mine.fence();
    for (let n = 0; n < 30; n++) {
      const value = `${name}${n}`;
      const sends = [{ topic, partition: 0, records: records(value, '\0\0\0\0') }];
      if (n % 3 === 0) {
        // Refused after `value` was written: aborted.
        const refused = [
          ...sends,
          { topic, partition: 0, records: [{ key: null, value: Buffer.alloc(2_000_000) }] },
        ];
        await assert.rejects(mine.commit({ groupId: 'g', sends: refused, offsets: [] }));
        await mine.close();
        mine = producer(`id-${name}-${topic}`);
        await mine.fence();
      } else {
        await mine.commit({ groupId: 'g', sends, offsets: [] });
        expected.push(value);
      }
      await sleep(Math.random() * 5);
    }
    await mine.close();
  };
  await Promise.all([write('a'), write('b'), write('c')]);
  const { values, position } = await read(topic);
  assert.deepEqual(values.filter((value) => value !== '\0\0\0\0').toSorted(), expected.toSorted());
  assert.equal(values.length, 2 * expected.length);
  assert.equal(position, await endOf(topic, 0, 'end'));
});

test('a partition that is marked gets the end of a transaction alone, and the producer writes on', async () => {
  const topic = await newTopic(broker.client, 2);
  const mine = producer(`id-${topic}`);
  await mine.fence();
  const write = async (text: string): Promise<unknown> =>
    mine.commit({ groupId: 'g', sends: [{ topic, partition: 0, records: records(text) }], offsets: [] });
  await write('a');
  await mine.mark([
    { topic, partition: 0 },
    { topic, partition: 1 },
  ]);
  await mine.mark([{ topic, partition: 0 }]);
  await write('b');
  await mine.close();
  assert.deepEqual((await read(topic)).values, ['a', 'b']);
  assert.equal(await endOf(topic, 0, 'end'), 6, 'two records, and the ends of four transactions');
  assert.equal(await endOf(topic, 1, 'end'), 1);
});

/** Commits transactions one upon the other, and says what was asked for meanwhile. */
async function asked(
  topic: string,
  values: readonly string[],
  mishapOf: (request: string) => Mishap = () => undefined,
): Promise<string[]> {
  const requests: string[] = [];
  const client = watchedClient(broker.client, (request) => {
    requests.push(request);
    return mishapOf(request);
  });
  const mine = new TransactionalProducer(client, { transactionalId: `id-${topic}` });
  try {
    await mine.fence();
    requests.length = 0;
    for (const [offset, value] of values.entries())
      await mine.commit({
        groupId: `group-${topic}`,
        sends: [{ topic, partition: 0, records: records(value) }],
        offsets: [{ topic, partition: 0, offset }],
      });
  } finally {
    await mine.close();
  }
  return requests.filter((request) => !/^(Metadata|GroupCoordinator|ApiVersions)/.test(request));
}

/** Loses the answers to the next ends, and does something meanwhile. */
const losingEnds =
  (times: number, meanwhile: () => Promise<void> = async () => undefined): ((request: string) => Mishap) =>
  (request) =>
    request.startsWith('EndTxn true') && times-- > 0 ? meanwhile : undefined;

test('where brokers add what is written, a transaction is three requests, and its end is sent until it is answered', async () => {
  const topic = await newTopic(broker.client);
  const requests = new Set(await asked(topic, ['a', 'b'], losingEnds(2)));
  // One that begins before the end of the one before is written asks again.
  assert.deepEqual([...requests].toSorted(), ['EndTxn true 5', 'Produce 12', 'TxnOffsetCommit 5']);
  assert.deepEqual((await read(topic)).values, ['a', 'b']);
});

test('an end without an answer that is refused when it is sent again, since another took over, was perhaps a commit', async () => {
  const topic = await newTopic(broker.client);
  const young = producer(`id-${topic}`);
  const losing = losingEnds(1, async () => young.fence());
  await assert.rejects(asked(topic, ['a'], losing), { code: 'kafka.outcome-unknown' });
  await young.close();
  assert.deepEqual((await read(topic)).values, ['a']);
});

test('where the feature is set back, the producer adds partitions and group, and its end is sent once', async () => {
  const topic = await newTopic(broker.client);
  const older = producer(`older-${topic}`);
  await older.fence();
  await setTransactionVersion(broker.client, 1);
  try {
    // One that has asked before writes on as before.
    await older.commit({
      groupId: 'g',
      sends: [{ topic, partition: 0, records: records('0') }],
      offsets: [],
    });
    await older.commit({
      groupId: 'g',
      sends: [{ topic, partition: 0, records: records('1') }],
      offsets: [],
    });
    await older.close();
    const requests = await asked(topic, ['a']);
    assert.deepEqual(requests.toSorted(), [
      'AddOffsetsToTxn 1',
      'AddPartitionsToTxn 1',
      'EndTxn true 3',
      'Produce 9',
      'TxnOffsetCommit 3',
    ]);
    await assert.rejects(asked(topic, ['b'], losingEnds(1)), { code: 'kafka.outcome-unknown' });
    await asked(topic, ['c', 'd']);
    assert.deepEqual((await read(topic)).values, ['0', '1', 'a', 'b', 'c', 'd']);
    await setTransactionVersion(broker.client, 2);
    await asked(topic, ['e', 'f']);
    assert.deepEqual((await read(topic)).values, ['0', '1', 'a', 'b', 'c', 'd', 'e', 'f']);
  } finally {
    await setTransactionVersion(broker.client, 2);
  }
});
