import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../detect/finding.ts';
import { AlertBook, type Change, type LifeRules } from './alert-book.ts';
import type { Notice } from './episode.ts';

const minute = 60_000;
const hour = 60 * minute;
const rule: LifeRules = {
  name: 'churn',
  title: 'Churn',
  severity: 'page',
  group: 'g',
  holdMs: minute,
  calmMs: 10 * minute,
  repeatMs: 4 * hour,
};
const sibling: LifeRules = { ...rule, name: 'churn-by-segment', severity: 'ticket' };

const found = (value: number, labels = {}): Finding => ({
  labels,
  from: 0,
  to: 0,
  unit: 'count',
  value,
  expected: 2,
  limit: 10,
  below: false,
  chance: 0,
});

/** A book driven by a clock in minutes. */
class Story {
  book: AlertBook;
  now = 1_000 * hour;
  /** What a recount gives; what was found when undefined. */
  recounted: number | undefined;
  readonly told: Notice[] = [];
  readonly #stored = new Map<string, Change>();

  constructor() {
    this.book = new AlertBook([rule, sibling]);
  }

  look(minutes: number, findings: readonly Finding[] | 'held', of = rule): this {
    this.now += minutes * minute;
    const verdict =
      findings === 'held'
        ? ({ status: 'held', reason: 'behind' } as const)
        : ({ status: 'seen', findings } as const);
    const explain = () => ({ contributors: [], customers: [] });
    this.book.observe({
      rule: of,
      verdict,
      now: this.now,
      recount: ({ value }) => this.recounted ?? value,
      explain,
    });
    return this;
  }

  tell(minutes = 0.5): string[] {
    this.now += minutes * minute;
    const notices = this.book.notices(this.now);
    this.told.push(...notices);
    return notices.map(({ kind }) => kind);
  }

  /** Made anew from what was stored, as after a restart. */
  restart(): this {
    for (const change of this.book.take())
      this.#stored.set(`${change.type}|${change.id}`, structuredClone(change));
    this.book = new AlertBook([rule, sibling]);
    for (const change of this.#stored.values()) this.book.restore(change);
    return this;
  }

  get only() {
    const [episode, ...others] = [...this.book.episodes];
    assert.equal(others.length, 0);
    return episode!;
  }
}

test('pending, firing once it lasted, told once, resolved when calm, told once more', () => {
  const story = new Story().look(0, [found(20)]);
  assert.equal(story.only.status, 'pending');
  story.look(0.5, [found(21)]);
  assert.deepEqual(story.tell(0), []);
  story.look(0.5, [found(22)]);
  assert.equal(story.only.status, 'firing');
  assert.deepEqual(story.tell(), ['firing']);
  for (let n = 0; n < 5; n++) assert.deepEqual(story.look(1, [found(23)]).tell(), []);
  story.look(1, []).look(9, []);
  assert.equal(story.only.status, 'firing');
  story.look(1, []);
  assert.deepEqual([story.only.status, story.only.outcome], ['resolved', 'over']);
  assert.deepEqual(story.tell(), ['resolved']);
  assert.deepEqual(story.tell(500), []);
  assert.deepEqual(
    story.only.story.map(({ what }) => what),
    ['pending', 'firing', 'notified', 'resolved', 'notified'],
  );
});

test('what is gone within the minute was never there (rule 47)', () => {
  const story = new Story()
    .look(0, [found(20)])
    .look(0.5, [])
    .look(0.4, [found(20)])
    .look(0.5, []);
  assert.deepEqual([...story.book.episodes], []);
  assert.deepEqual(story.tell(), []);
});

test('held: nothing begins and nothing ends', () => {
  const story = new Story()
    .look(0, [found(20)])
    .look(1, [found(20)])
    .look(60, 'held');
  assert.equal(story.only.status, 'firing');
  assert.equal(story.only.quietSince, null);
});

test('a restart at any moment tells nothing twice', () => {
  const story = new Story().look(0, [found(20)]);
  for (let n = 0; n < 4; n++) {
    story
      .restart()
      .look(1, [found(20)])
      .restart()
      .tell();
  }
  assert.deepEqual(
    story.told.map(({ kind }) => kind),
    ['firing'],
  );
});

test('its cause taken back, it ends after the hold, and says so', () => {
  const story = new Story().look(0, [found(20)]).look(1, [found(20)]);
  story.tell();
  story.recounted = 3;
  story.look(1, []).look(1, []);
  assert.deepEqual([story.only.status, story.only.outcome], ['resolved', 'taken back']);
  assert.match(story.only.story.at(-1)!.text, /later events leave 3 of the 20/);
  assert.deepEqual(story.tell(), ['resolved']);
});

test('rules and labels of one group are one incident; a graver one is told, another as grave is not', () => {
  const story = new Story();
  const both = [found(20, { segment: 'a' }), found(30, { segment: 'b' })];
  story.look(0, both, sibling).look(1, both, sibling);
  assert.deepEqual(story.tell(), ['firing']);
  assert.equal(story.told[0]!.episodes.length, 2);
  story.look(0, [found(50)]).look(1, [found(50)]);
  assert.deepEqual(story.tell(), ['worse']);
  assert.equal(story.told[1]!.episodes.length, 3);
  const three = [...both, found(40, { segment: 'c' })];
  story.look(1, three, sibling).look(1, three, sibling);
  assert.deepEqual(story.tell(), []);
  assert.equal([...story.book.incidents].length, 1);
});

test('what joins an incident that somebody is on is told once the interval is over, not at once and not never', () => {
  const said = [found(30, { segment: 'a' })];
  const story = new Story().look(0, said, sibling).look(1, said, sibling);
  story.tell();
  const [first] = story.book.episodes;
  story.book.acknowledge(first!.id, 'ada', '', story.now);
  story.look(0, [found(50, { segment: 'a' })], sibling);
  const more = [...said, found(40, { segment: 'b' })];
  story.look(1, more, sibling).look(1, more, sibling);
  assert.deepEqual(story.tell(), []);
  assert.deepEqual(story.tell(240), ['still firing']);
  assert.equal(story.told.at(-1)!.episodes.length, 2);
});

test('told again at the interval until somebody is on it', () => {
  const story = new Story().look(0, [found(20)]).look(1, [found(20)]);
  story.tell();
  assert.deepEqual(story.tell(239), []);
  assert.deepEqual(story.tell(2), ['still firing']);
  assert.equal(story.book.acknowledge(story.only.id, 'ada', '', story.now), true);
  assert.deepEqual(story.tell(1_000), []);
  assert.equal(story.book.acknowledge('none', 'ada', '', story.now), false);
});

test('a silence keeps quiet for its time and its labels; what still fires afterwards is told', () => {
  const story = new Story();
  const silence = {
    id: 's',
    rule: 'churn',
    labels: { segment: 'a' },
    from: story.now,
    until: story.now + hour,
    by: 'ada',
    reason: 'test',
  };
  story.book.silence(silence);
  story.look(0, [found(20, { segment: 'a' })]).look(1, [found(20, { segment: 'a' })]);
  assert.deepEqual(story.tell(), []);
  assert.deepEqual(story.tell(60), ['firing']);
  assert.equal(story.book.unsilence('s', story.now), false, 'it is over already');
  const other = new Story();
  other.book.silence({ ...silence, from: other.now, until: other.now + hour });
  other.look(0, [found(20, { segment: 'b' })]).look(1, [found(20, { segment: 'b' })]);
  assert.deepEqual(other.tell(), ['firing']);
  assert.equal(other.book.unsilence('s', other.now), true);
});

test('what ended long ago is forgotten, and what belongs to a rule that is gone ends', () => {
  const story = new Story().look(0, [found(20)]).look(1, [found(20)]);
  story.book.tidy(story.now);
  assert.equal(story.only.status, 'firing');
  const without = new AlertBook([sibling]);
  for (const change of story.book.take()) without.restore(change);
  without.tidy(story.now);
  assert.equal([...without.episodes][0]!.status, 'resolved');
  without.notices(story.now);
  without.tidy(story.now + 91 * 24 * hour);
  assert.deepEqual([[...without.episodes], [...without.incidents]], [[], []]);
});
