import type { AnyEvent, Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';

/** A state with everything before `before` folded in: the first `index` events of the history, and the ticks. */
export type Checkpoint = { readonly before: Instant; readonly index: number; readonly state: unknown };

/** Instants between two checkpoints: what folding again after a late event costs at most, beside the late part itself. */
const instantsPerCheckpoint = 16;

/** More ticks than this at one instant is a definition that never gets done. */
const ticksPerInstantMax = 10_000;

/**
 * The fold of one definition over one entity's ordered history, as far as it has come. `index` events are folded in.
 * States are immutable, so checkpoints are references, not copies. The first checkpoint is the floor: where the history
 * that is here begins.
 */
export type Fold = {
  readonly definition: Definition;
  state: unknown;
  index: number;
  checkpoints: Checkpoint[];
  /** Whether the entity's facts up to its `through` are out; not so for a definition the entity has not met yet. */
  published: boolean;
  instantsSinceCheckpoint: number;
};

/** A definition threw; `event` is what it was given, or was given last before it threw at a tick. */
export class FoldError extends Error {
  override readonly name = 'FoldError';
  readonly event: AnyEvent | undefined;

  constructor(definition: string, event: AnyEvent | undefined, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super(`${definition} cannot count ${event?.type ?? 'a tick'} ${event?.event_id ?? ''}: ${what}`, {
      cause,
    });
    this.event = event;
  }
}

/**
 * A fold at the beginning of a history.
 *
 * @param from Everything before it is folded in already, and gave `state`; a history from its first event by default.
 */
export function startFold(
  definition: Definition,
  from = -Infinity,
  state: unknown = definition.initial,
): Fold {
  return {
    definition,
    state,
    index: 0,
    checkpoints: [{ before: from, index: 0, state }],
    published: false,
    instantsSinceCheckpoint: 0,
  };
}

/** Puts a fold where everything before `from` is folded in and gave `state`. */
export function beginAt(fold: Fold, from: Instant, state: unknown): void {
  fold.state = state;
  fold.index = 0;
  fold.checkpoints = [{ before: from, index: 0, state }];
  fold.instantsSinceCheckpoint = 0;
}

/**
 * Folds on through every instant before `clock` (half-open) and appends the facts to `facts`: what is due at an instant
 * is published once the clock is past it (rule 3).
 *
 * @param history The entity's events in order, voided ones gone.
 * @throws FoldError when the definition throws, asks for a tick in the past or never stops ticking: a bug in it.
 */
export function advance(fold: Fold, history: readonly AnyEvent[], clock: Instant, facts: Fact[]): void {
  let at = -Infinity;
  try {
    advanceTo(fold, history, clock, facts, (instant) => (at = instant));
  } catch (error) {
    // A step that threw left its event to be folded; a tick or a settling comes after all events of its instant.
    const next = history[fold.index];
    const event = next?.occurred_at === at ? next : history[fold.index - 1];
    throw new FoldError(fold.definition.name, event, error);
  }
}

function advanceTo(
  fold: Fold,
  history: readonly AnyEvent[],
  clock: Instant,
  facts: Fact[],
  reached: (at: Instant) => void,
): void {
  const { definition } = fold;
  for (;;) {
    const event = history[fold.index];
    const due = definition.due(fold.state);
    const at = Math.min(event === undefined ? Infinity : event.occurred_at, due ?? Infinity);
    if (!(at < clock)) return;
    reached(at);
    if (++fold.instantsSinceCheckpoint >= instantsPerCheckpoint) {
      fold.checkpoints.push({ before: at, index: fold.index, state: fold.state });
      fold.instantsSinceCheckpoint = 0;
    }
    foldInstant(fold, history, at, facts);
  }
}

/** Folds one instant: its events in order, then the ticks that fall due at it, then `settle` (rule 3). */
function foldInstant(fold: Fold, history: readonly AnyEvent[], at: Instant, facts: Fact[]): void {
  const { definition } = fold;
  for (let event = history[fold.index]; event?.occurred_at === at; event = history[fold.index]) {
    const step = definition.step(fold.state, event);
    fold.state = step.state;
    fold.index++;
    for (const fact of step.facts) facts.push(fact);
  }
  let due = definition.due(fold.state);
  for (let ticks = 0; due === at; ticks++) {
    if (ticks === ticksPerInstantMax) throw new Error(`${definition.name} ticks without end at ${at}`);
    const step = definition.step(fold.state, { type: 'tick', at });
    fold.state = step.state;
    for (const fact of step.facts) facts.push(fact);
    due = definition.due(fold.state);
  }
  if (definition.settle !== undefined) {
    const step = definition.settle(fold.state, at);
    fold.state = step.state;
    for (const fact of step.facts) facts.push(fact);
    due = definition.due(fold.state);
  }
  if (due !== undefined && due <= at)
    throw new Error(`${definition.name} asks at ${at} for a tick at ${due}`);
}

/**
 * Takes a fold back to where nothing at or after `at`, which is not before the floor, is folded in.
 *
 * @returns A fold of its own at the same place, on which the old history can be folded again for the facts it gave.
 */
export function rewind(fold: Fold, at: Instant): Fold {
  while (fold.checkpoints.length > 1 && fold.checkpoints.at(-1)!.before > at) fold.checkpoints.pop();
  const { state, index } = fold.checkpoints.at(-1)!;
  fold.state = state;
  fold.index = index;
  fold.instantsSinceCheckpoint = 0;
  return { ...startFold(fold.definition, -Infinity, state), index };
}

/** The state of a fold with everything before `at` folded in, which is not before the floor nor after the fold. */
export function stateBefore(fold: Fold, history: readonly AnyEvent[], at: Instant): unknown {
  const checkpoint = fold.checkpoints.findLast(({ before }) => before <= at)!;
  const again = { ...startFold(fold.definition, -Infinity, checkpoint.state), index: checkpoint.index };
  advance(again, history, at, []);
  return again.state;
}

/**
 * Puts the floor of a fold deeper: `older` is what comes before its history.
 *
 * @param start A fold at the new floor.
 */
export function deepen(fold: Fold, older: readonly AnyEvent[], start: Fold): void {
  const floor = fold.checkpoints[0]!;
  advance(start, older, floor.before, []);
  const shifted = fold.checkpoints.map((one) => ({ ...one, index: one.index + older.length }));
  fold.checkpoints = [...start.checkpoints, ...shifted];
  fold.index += older.length;
}

/** Forgets the first `count` events of the history, which all are before `at`, and what led to `state` at `at`. */
export function raise(fold: Fold, count: number, at: Instant, state: unknown): void {
  const later = fold.checkpoints.filter(({ before }) => before > at);
  fold.checkpoints = [
    { before: at, index: 0, state },
    ...later.map((one) => ({ ...one, index: one.index - count })),
  ];
  fold.index -= count;
}

/** The first instant at which there is something to fold: the next event's or the next tick's; `Infinity` for none. */
export function wakeOf(fold: Fold, history: readonly AnyEvent[]): Instant {
  return Math.min(history[fold.index]?.occurred_at ?? Infinity, fold.definition.due(fold.state) ?? Infinity);
}
