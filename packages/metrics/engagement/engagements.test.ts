import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { engagements } from './engagements.ts';
import { recorded } from './recorded.fixtures.ts';

test('an engagement counts when it took place, with what it says', () => {
  const columns = {
    visitor_id: 'v',
    customer_id: 'ann',
    duration_ms: 1500,
    clicks: 3,
    page_views: 2,
  } as const;
  const visit = recorded('10:00', { engagement_id: 'g', channel: 'web', ...columns });
  assert.deepEqual(factsOf(engagements, '12:00', visit), [
    {
      kind: 'engagement',
      at: instant('10:00'),
      engagement_id: 'g',
      engagement_kind: 'visit',
      channel: 'web',
      ...columns,
    },
  ]);
});

test('a missing duration is not 0; missing clicks and page views are (rule 42)', () => {
  const [fact] = factsOf(engagements, '12:00', recorded('10:00', { kind: 'login' }));
  assert.deepEqual([fact?.duration_ms, fact?.clicks, fact?.page_views], [null, 0, 0]);
  const [instantOne] = factsOf(engagements, '12:00', recorded('10:00', { duration_ms: 0 }));
  assert.equal(instantOne?.duration_ms, 0);
});

test('of two events of one engagement the first in order counts, until it is voided (rule 24)', () => {
  const first = recorded('09:00', { engagement_id: 'same', kind: 'visit' });
  const second = recorded('10:00', { engagement_id: 'same', kind: 'login' });
  const driver = driverOf(engagements);
  const kinds = (): readonly unknown[] => driver.facts.map((fact) => fact['engagement_kind']);
  driver.at(instant('12:00'));
  driver.arrives(second, first);
  assert.deepEqual(kinds(), ['visit']);
  driver.arrives(voidOf(first));
  assert.deepEqual(kinds(), ['login']);
});

test('the live series go by kind and channel', () => {
  const events = [
    recorded('10:00', { channel: 'web', page_views: 4 }),
    recorded('10:01', { channel: 'web' }),
    recorded('10:02', { kind: 'login' }),
  ];
  assert.deepEqual(totalsOf(engagements, '12:00', ...events), {
    'engagements visit web': 2n,
    'page_views web': 4n,
    'engagements login ': 1n,
  });
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const any = fc
    .record({
      time: fc.constantFrom('08:00', '09:00', '12:00'),
      engagement_id: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom('visit', 'login'),
      page_views: fc.constantFrom(null, 0, 2),
    })
    .map(({ time, ...fields }) => recorded(time, fields));
  assertConverges(engagements, fc.array(any, { maxLength: 8 }));
});
