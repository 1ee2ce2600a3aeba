import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../oracle/base.oracle.ts';
import { eventAt, view } from '../oracle/events.fixtures.ts';

const mention = (id: string, at: string, fields: Record<string, Json> = {}) =>
  eventAt('mention.observed', at, { mention_id: id, channel: 'x', ...fields });

test('mentions are counted by channel and sentiment, which is unknown by default; reach adds up', () => {
  const events = [
    mention('a', '2026-05-10T10:05', { sentiment: 'positive', reach: 10 }),
    mention('b', '2026-05-10T10:55', { sentiment: 'positive', reach: 5 }),
    mention('c', '2026-05-10T10:59'),
    mention('d', '2026-05-10T11:00', { sentiment: 'negative', channel: 'news' }),
  ];
  assert.deepEqual(view('mentions_hourly', events, '2026-06-01', 'hour channel sentiment mentions reach'), [
    '2026-05-10T10:00:00.000Z x positive 2 15',
    '2026-05-10T10:00:00.000Z x unknown 1 0',
    '2026-05-10T11:00:00.000Z news negative 1 0',
  ]);
  assert.deepEqual(
    view(
      'sentiment_daily',
      events,
      '2026-06-01',
      'date mentions positive_share negative_share net_sentiment',
    ),
    ['2026-05-10 4 0.5 0.25 0.25'],
  );
});

test('reach beyond 64 bits adds up exactly (rule 53)', () => {
  const reach = Number.MAX_SAFE_INTEGER;
  const events = Array.from({ length: 1_100 }, (_, i) => mention(`wide ${i}`, '2026-05-10', { reach }));
  assert.deepEqual(view('mentions_daily', events, '2026-06-01', 'mentions reach'), [
    '1100 9907919180215090100',
  ]);
});

test('of two mentions under one id the first in order counts, unless it was voided', () => {
  const first = mention('a', '2026-05-10', { sentiment: 'negative' });
  const second = mention('a', '2026-05-11', { sentiment: 'positive' });
  const voids = eventAt('mention.voided', '2026-05-12', { mention_id: 'a', voids: first.event_id });
  assert.deepEqual(view('mentions_daily', [second, first], '2026-06-01', 'date sentiment'), [
    '2026-05-10 negative',
  ]);
  assert.deepEqual(view('mentions_daily', [second, first, voids], '2026-06-01', 'date sentiment'), [
    '2026-05-11 positive',
  ]);
});

test('the hour is that of the reporting zone, half-hour offsets included (rule 27)', () => {
  const events = [mention('a', '2026-05-10T10:20')];
  assert.deepEqual(view('mentions_hourly', events, '2026-06-01', 'hour', { zone: 'Asia/Kolkata' }), [
    '2026-05-10T09:30:00.000Z',
  ]);
});
