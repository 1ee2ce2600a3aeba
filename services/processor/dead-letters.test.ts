import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { acceptJson } from '@tidemark/events/validate';
import { generationOf } from '@tidemark/topics/generation';
import { forgottenVoidDeadLetters } from './dead-letters.ts';
import { processorTelemetry } from './telemetry.ts';

test('the dead letter of a forgotten void has its bytes, its receipt and its source (rule 25)', () => {
  const posted = {
    type: 'mention.voided',
    event_id: 'v',
    occurred_at: '2026-01-01T00:00:00Z',
    voids: 'e',
    mention_id: 'm',
  } as const;
  const verdict = acceptJson(posted, { now: Date.parse('2026-01-02'), defaultSource: 'press' });
  assert.ok(verdict.ok);
  const { event } = verdict;
  const forgotten = {
    family: 'mention',
    key: 'm',
    event,
    bytes: encodeEvent(event),
    receivedAt: 1_234,
  } as const;
  const telemetry = processorTelemetry([]);
  const [send] = forgottenVoidDeadLetters([forgotten], {
    partition: 3,
    names: generationOf(1, ''),
    telemetry,
  });
  const [record] = send!.records;
  assert.deepEqual([send!.topic, send!.partition, record!.key?.toString()], ['dead-letters', 3, 'm']);
  assert.deepEqual(decodeEvent('mention', record!.value!), { ok: true, event });
  const { reason, path, source, received_at } = record!.headers!;
  assert.deepEqual([reason, path, source, received_at].map(String), [
    'void-without-target',
    '$.voids',
    'press',
    '1234',
  ]);
});
