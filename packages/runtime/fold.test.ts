import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  define,
  to,
  type AnyEvent,
  type Definition,
  type Fact,
  type Instant,
} from '@tidemark/metrics/definition/definition';
import { advance, startFold, wakeOf } from './fold.ts';

/** A definition that says what it is handed, and wants waking when its last event says, in `sequence` milliseconds. */
function noting(due: (dueAt: Instant | undefined, ticks: number) => Instant | undefined): Definition {
  type State = { readonly dueAt: Instant | undefined; readonly ticks: number };
  const note = (at: Instant, what: string): Fact => ({ kind: 'note', at, what });
  return define<State, AnyEvent & { readonly type: 'mention.observed' }, { note: { what: 'string' } }>({
    name: 'noting',
    version: '1',
    on: 'mention',
    facts: { note: { what: 'string' } },
    initial: { dueAt: undefined, ticks: 0 },
    due: ({ dueAt, ticks }) => due(dueAt, ticks),
    step: (state, input) =>
      input.type === 'tick'
        ? to({ ...state, ticks: state.ticks + 1 }, note(input.at, 'tick') as never)
        : to(
            { dueAt: input.occurred_at + input.sequence, ticks: 0 },
            note(input.occurred_at, input.event_id) as never,
          ),
    settle: (state, at) => to(state, note(at, 'settled') as never),
    counters: {},
    count: () => [],
  });
}

const event = (occurred_at: Instant, sequence = 0, event_id = 'event'): AnyEvent => ({
  type: 'mention.observed',
  event_id,
  occurred_at,
  sequence,
  source: 'test',
});

const once = noting((dueAt, ticks) => (ticks === 0 ? dueAt : undefined));

function folded(definition: Definition, clock: Instant, ...history: readonly AnyEvent[]): readonly string[] {
  const facts: Fact[] = [];
  advance(startFold(definition), history, clock, facts);
  return facts.map(({ at, what }) => `${at} ${String(what)}`);
}

test('at one instant the events come first, then the ticks, then what is settled (rule 3)', () => {
  const history = [event(1, 4, 'asks'), event(5, 0, 'first'), event(5, 0, 'second')];
  assert.deepEqual(folded(once, 6, ...history), [
    '1 asks',
    '1 settled',
    '5 first',
    '5 second',
    '5 tick',
    '5 settled',
  ]);
});

test('an instant is folded when the clock is past it, not when it is there', () => {
  assert.deepEqual(folded(once, 5, event(1, 4)), ['1 event', '1 settled']);
  assert.deepEqual(folded(once, 6, event(1, 4)).slice(2), ['5 tick', '5 settled']);
});

test('a fold wants waking at the next event or tick, whichever is first; never when there is none', () => {
  const fold = startFold(once);
  assert.equal(wakeOf(fold, []), Infinity);
  const history = [event(1, 6), event(9, 1)];
  assert.equal(wakeOf(fold, history), 1);
  advance(fold, history, 2, []);
  assert.equal(wakeOf(fold, history), 7);
  advance(fold, history, 8, []);
  assert.equal(wakeOf(fold, history), 9);
});

test('a definition that asks for a tick in the past is a bug, and so is one that never stops ticking', () => {
  const backwards = noting((dueAt) => dueAt && dueAt - 1);
  assert.throws(() => folded(backwards, 5, event(1)), /noting asks at 1 for a tick at 0/);
  const endless = noting((dueAt) => dueAt);
  assert.throws(() => folded(endless, 5, event(1)), /noting ticks without end at 1/);
});

test('a definition may tick as often at one instant as it has something to do', () => {
  const thrice = noting((dueAt, ticks) => (ticks < 3 ? dueAt : undefined));
  assert.deepEqual(folded(thrice, 5, event(1, 1)).slice(2), ['2 tick', '2 tick', '2 tick', '2 settled']);
});
