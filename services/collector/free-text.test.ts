import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collector, now } from './collector.fixtures.ts';

const day = 86_400_000;
const feedback = (event_id: string, ageDays: number) => ({
  event_id,
  type: 'survey.answered',
  occurred_at: new Date(now - ageDays * day).toISOString(),
  response_id: event_id,
  instrument: 'feedback',
  sentiment: 'negative',
  comment: 'My own words.',
});

test('with FREE_TEXT=drop comments are not published, not even those of events that are too late', async () => {
  const answers = [feedback('new', 1), feedback('too-late', 500)];
  const commentsOf = (events: readonly object[]): unknown[] =>
    events.map((event) => ('comment' in event ? event.comment : undefined));
  const dropping = await collector({}, { keepsFreeText: false });
  assert.equal((await dropping.post(answers)).accepted, 1);
  assert.deepEqual(commentsOf(dropping.events()), [null, null]);
  const keeping = await collector();
  await keeping.post(answers);
  assert.deepEqual(commentsOf(keeping.events()), ['My own words.', 'My own words.']);
});
