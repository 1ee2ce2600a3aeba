/** One partition whose sinks are killed at each step, whose offsets are deleted, and to whose tables writes come late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between, chance, type Draw, seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { decodePlan, encodePlan, type Plan } from './plan.ts';
import { startOf, unrecorded } from './start.ts';
import { recoveriesOf, stepOf } from './step.ts';

const origin = { group: 'sinks', clusterId: 'cluster', topicId: 'topic' };
const logEnd = 1_000;

type Row = { readonly step: bigint; readonly next: number; readonly plan: string };

/** Kafka's offset, and what the tables have. */
type World = {
  offset: { readonly next: number; readonly plan: string } | undefined;
  position: Row | undefined;
  /** Tokens of the blocks, which are plans here. */
  readonly blocks: Set<string>;
};

/** A request of a sink, which comes at once, late, or never: what it changes. */
type Request = { readonly of: 'offset' | 'tables'; readonly apply: (world: World) => void };

/** As ClickHouse keeps it: of rows with the same step the one that came last. */
function record(next: number, plan: string, recoveries: number): Request {
  const row = { step: stepOf(recoveries, next, plan), next, plan };
  return {
    of: 'tables',
    apply(world) {
      if (world.position === undefined || row.step >= world.position.step) world.position = row;
    },
  };
}

const commit = (next: number, plan: string): Request => ({
  of: 'offset',
  apply(world) {
    world.offset = { next, plan };
  },
});

const insert = (plan: Plan): Request => ({
  of: 'tables',
  apply: ({ blocks }) => void blocks.add(encodePlan(plan)),
});

/** What a session asks for, in its order: see `runSession`. */
function* session(world: World, draw: Draw): Generator<Request, void> {
  const { offset, position } = world;
  const known = {
    topic: 'facts',
    origin,
    committed: [{ partition: 0, offset: offset?.next, metadata: offset?.plan ?? '' }],
    alongside: [],
    recorded:
      position === undefined
        ? []
        : [{ ...position, partition: 0, recoveries: recoveriesOf(position.step), origin }],
    hasFacts: world.blocks.size > 0,
    logStarts: new Map([[0, 0]]),
    logEnds: new Map([[0, logEnd]]),
  };
  const [start] = startOf(known);
  const { plan: planned, by, recoveries } = start!;
  let { next } = start!;
  for (const one of unrecorded(known)) yield record(one.offset, one.metadata, one.recoveries);
  if (planned !== undefined) yield insert(planned);
  if (planned !== undefined || by !== 'offset') {
    yield commit(next, '');
    yield record(next, '', recoveries);
  }
  while (next < logEnd) {
    const plan = [{ partition: 0, first: next, last: Math.min(logEnd, next + between(draw, 1, 9)) - 1 }];
    yield commit(next, encodePlan(plan));
    yield record(next, encodePlan(plan), recoveries);
    yield insert(plan);
    next = plan[0]!.last + 1;
    if (chance(draw, 70)) continue;
    yield commit(next, '');
    yield record(next, '', recoveries);
  }
}

test('killed at any step, offsets deleted again and again, writes late: no fact is inserted twice, none is left out', () => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const draw = seeded(seed);
    const world: World = { offset: undefined, position: undefined, blocks: new Set() };
    const late: Request[] = [];
    for (let kills = 12; kills >= 0; kills--) {
      // What is under way comes before, while or after the next session asks; the last session ends by itself.
      let left = kills === 0 ? Infinity : between(draw, 0, 8);
      for (const request of session(world, draw)) {
        for (const [n, one] of late.entries())
          if (chance(draw, 15)) {
            one.apply(world);
            late.splice(n, 1);
            break;
          }
        if (left-- > 0) request.apply(world);
        else if (request.of === 'tables') late.push(request);
        if (left < 0) break;
      }
      if (chance(draw, 50)) world.offset = undefined;
    }
    const ranges = [...world.blocks].flatMap((block) => decodePlan(block) ?? []);
    const times = Array.from({ length: logEnd }, () => 0);
    for (const { first, last } of ranges) for (let at = first; at <= last; at++) times[at]! += 1;
    const wrong = times.findIndex((count) => count !== 1);
    assert.equal(wrong, -1, `seed ${seed}: offset ${wrong} is inserted ${times[wrong]} times`);
  }
});
