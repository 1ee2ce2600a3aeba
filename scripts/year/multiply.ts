/** More of the same: what the views take when there are many times as many customers. */

import type { Bench } from '../../test/convergence/bench.ts';
import { factKinds } from '@tidemark/metrics';

/** A column of a fact table, by its ClickHouse type. */
type Column = { readonly name: string; readonly type: string };

/** Costs and rates do not grow with customers. */
const unmultiplied = new Set(['cost_day', 'reading']);

/** Later copies happen a little earlier than the one before, so that the rollups fill up as they would. */
const apartMs = 61_000;

function ofCopy({ name, type }: Column): string {
  if (/(^|_)id$/.test(name) && name !== 'plan_id')
    return `if(${name} = '', '', concat(${name}, '~', toString(copy)))`;
  const time = type.startsWith('DateTime64') || type.startsWith('Nullable(DateTime64');
  return time && name !== 'recorded_at' ? `addMilliseconds(${name}, -copy * ${apartMs})` : name;
}

/**
 * Puts the facts of all customers there again under other names, so that there are `times` as many customers. The rollups
 * follow by themselves. Costs and exchange rates stay as they are.
 */
export async function multiply(on: Bench, times: number): Promise<void> {
  for (const table of factKinds.keys()) {
    if (unmultiplied.has(table)) continue;
    const columns = await on.select<Column>(
      `SELECT name, type FROM system.columns WHERE database = 'tidemark_store' AND table = '${table}' ORDER BY position`,
    );
    await on.command(`INSERT INTO tidemark_store.${table} (${columns.map(({ name }) => name).join(', ')})
      SELECT ${columns.map(ofCopy).join(', ')}
      FROM (SELECT * FROM tidemark_store.${table}) AS fact
      CROSS JOIN (SELECT toInt64(number) + 1 AS copy FROM numbers(${times - 1})) AS copies`);
  }
}
