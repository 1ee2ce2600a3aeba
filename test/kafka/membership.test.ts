import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFailure } from '@tidemark/service/failures';
import { Membership } from '../../packages/kafka/group-membership.ts';
import { until } from '../support/until.ts';
import { newTopic, testBroker } from './broker.ts';

// Killing the broker under load, once in hundreds of faults, a sink was about to commit just when a heartbeat let go of the
// broken connections. It failed with a TypeError, which was taken for a refusal, and ended for good.
test('what is asked just when the connections are let go of may be tried again', async () => {
  const { client, stop } = await testBroker();
  try {
    const topic = await newTopic(client);
    const connections = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
    const before = connections();
    const codes = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const options = {
        groupId: randomUUID(),
        topics: [topic],
        sessionTimeoutMs: 6_000,
        rebalanceTimeoutMs: 12_000,
      };
      const membership = new Membership(client, options);
      const asking = [membership.commit([{ topic, partition: 0, offset: 1 }]), membership.join()];
      const noted = asking.map((asked) =>
        asked.catch((error: unknown) => void codes.add(isFailure(error) ? error.code : String(error))),
      );
      await sleep(round);
      await membership.leave();
      await Promise.all(noted);
    }
    await until('all connections to be closed', () => connections() <= before, 10_000);
    for (const code of codes)
      assert(['kafka.unavailable', 'kafka.generation-over'].includes(code), `${code} cannot be tried again`);
  } finally {
    await stop();
  }
});
