import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MentionObserved } from '@tidemark/events/types';
import { event, instant, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { mentions } from './mentions.ts';

type Fields = Partial<Pick<MentionObserved, 'mention_id' | 'channel' | 'sentiment' | 'reach' | 'recommends'>>;

const defaults = {
  mention_id: 'm1',
  channel: 'reddit',
  sentiment: 'unknown',
  reach: null,
  recommends: null,
  topic: null,
  customer_id: null,
} as const;
const observed = (time: string, fields: Fields = {}): MentionObserved =>
  event<MentionObserved>('mention.observed', time, { ...defaults, ...fields });

test('a mention counts when it was made, with what it says', () => {
  const columns = { sentiment: 'positive', reach: 1200, recommends: true } as const;
  assert.deepEqual(factsOf(mentions, '12:00', observed('10:00', columns)), [
    {
      kind: 'mention',
      at: instant('10:00'),
      mention_id: 'm1',
      customer_id: '',
      channel: 'reddit',
      sentiment: 'positive',
      topic: '',
      reach: 1200,
      recommends: true,
    },
  ]);
});

test('a mention without these fields has no reach and recommends nothing', () => {
  const [fact] = factsOf(mentions, '12:00', observed('10:00'));
  assert.deepEqual([fact?.sentiment, fact?.reach, fact?.recommends], ['unknown', 0, false]);
});

test('of two events of one mention the first in order counts, until it is voided (rule 24)', () => {
  const first = observed('09:00', { sentiment: 'negative' });
  const second = observed('10:00', { sentiment: 'positive' });
  const driver = driverOf(mentions);
  driver.at(instant('12:00'));
  driver.arrives(second, first);
  assert.deepEqual(
    driver.facts.map((fact) => fact['sentiment']),
    ['negative'],
  );
  driver.arrives(voidOf(first));
  assert.deepEqual(
    driver.facts.map((fact) => fact['sentiment']),
    ['positive'],
  );
});

test('the live series go by channel and sentiment', () => {
  const events = [
    observed('10:00', { mention_id: 'm1', sentiment: 'positive', reach: 5 }),
    observed('10:01', { mention_id: 'm2', sentiment: 'positive' }),
    observed('10:02', { mention_id: 'm3', channel: 'news' }),
  ];
  assert.deepEqual(totalsOf(mentions, '12:00', ...events), {
    'mentions reddit positive': 2n,
    'mention_reach reddit positive': 5n,
    'mentions news unknown': 1n,
  });
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const any = fc
    .tuple(fc.constantFrom('m1', 'm2'), fc.constantFrom('08:00', '09:00', '12:00'), fc.nat(3))
    .map(([mention_id, time, reach]) => observed(time, { mention_id, reach }));
  assertConverges(mentions, fc.array(any, { maxLength: 6 }));
});
