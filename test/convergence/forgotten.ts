import assert from 'node:assert/strict';
import { customersOf } from '@tidemark/events/customers';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { visitedIn } from '../../services/personal-data/forget/rewrite-state.ts';
import { Pseudonyms } from '../../services/personal-data/pseudonyms.ts';
import { drawNames, type History, visitorsOf } from '../../services/personal-data/renaming.ts';
import { rateFeed, realisticHistories } from '../support/histories.ts';
import { idsIn, unnamed } from '../support/unnamed.ts';
import type { Bench } from './bench.ts';
import { acceptableBy, counted, delivery, parsed } from './pipeline.ts';

const day = 86_400_000;
const customers = 12;
const subjectCount = 5;

/**
 * Puts the rows of some customers under pseudonyms, twice, as after a run that was cut off, and asserts that no view changes, now or as of
 * an instant before, and that no row has an id of them.
 *
 * @param every Of how many views one is read.
 */
export async function assertForgotten(
  bench: Bench,
  { seed, now, every }: { readonly seed: number; readonly now: number; readonly every: number },
): Promise<void> {
  const draw = seeded(seed);
  const range = { from: now - 250 * day, to: now };
  const events = acceptableBy(
    [...realisticHistories(seed, customers, range), ...rateFeed(draw, range, 0)],
    now,
  );
  const arrivals = delivery(draw, events, now, 20);
  await bench.stand('UTC', now);
  await bench.empty();
  await bench.put(counted(arrivals, defaultMetricSettings));
  const ids = idsIn(events);
  const knownAt = arrivals[Math.floor(arrivals.length / 2)]!.clock;
  const views = [...(await bench.views())]
    .filter((view) => !view.endsWith('_restated'))
    .toSorted()
    .filter((_, place) => place % every === 0);
  const everything = async (): Promise<Map<string, string[]>> => {
    const read = new Map<string, string[]>();
    for (const view of views)
      read.set(view, unnamed(await bench.read(view, view.endsWith('_as_of') ? { knownAt } : {}), ids));
    return read;
  };
  const wanted = await everything();

  const histories = [
    ...Map.groupBy(
      events.map((event) => parsed(event, now)),
      (event) => `${familyOf(event.type)}\u0000${entityKeyOf(event)}`,
    ),
  ].map(([id, those]): History => ({ id, events: those }));
  const subjects = new Set(Array.from({ length: subjectCount }, (_, number) => `customer-${2 * number}`));
  const visitors = new Set(histories.flatMap((history) => visitorsOf(history, subjects)));
  const affected = histories.filter(({ events: those }) =>
    those.some(
      (event) =>
        customersOf(event).some((one) => subjects.has(one)) ||
        ('visitor_id' in event && visitors.has(event.visitor_id ?? '')),
    ),
  );
  const names = new Pseudonyms(() => `${draw.below(2 ** 32)}${draw.below(2 ** 32)}`, 1);
  drawNames(affected, subjects, names);
  const renamed = { names: names.takeFresh(), visited: visitedIn(affected, names), at: now };
  await bench.rename(renamed);
  await bench.rename(renamed);
  assert.deepEqual(await everything(), wanted);

  const columns = await bench.select<{ table: string; name: string }>(
    String.raw`SELECT table, name FROM system.columns WHERE database = 'tidemark_store' AND type LIKE '%String%' AND name LIKE '%\_id'`,
  );
  const keys = [...subjects, ...names.keys].map((id) => `'${id}'`).join(', ');
  for (const { table, name } of columns) {
    const found = await bench.select(
      `SELECT ${name} FROM tidemark_store.${table} WHERE ${name} IN (${keys}) LIMIT 1`,
    );
    assert.deepEqual(found, [], `${table}.${name}`);
  }
}
