/** The worked examples of the contract: what is published, and what the views have to read then. */
import type { Row } from '@tidemark/metrics/oracle/base.oracle';
import { canonical } from '@tidemark/metrics/index.oracle';
import type { Reading } from '../support/pipeline.ts';
import { churn } from './examples/churn.ts';
import { answers, carts, cases, engaged, opinions } from './examples/days.ts';
import { currencies, loyalty, referred } from './examples/buyers.ts';
import { economics } from './examples/economics.ts';
import type { Example } from './examples/example.ts';
import { worth } from './examples/mrr.ts';

/** The first day of the month some months before an instant's, as `YYYY-MM`. */
function monthBefore(now: number, months: number): string {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months)).toISOString().slice(0, 7);
}

/** All examples. Those of families that are not kept for ever are in the month before that of `now`, epoch milliseconds. */
export function workedExamples(now: number): Example[] {
  const month = monthBefore(now, 1);
  return [
    ...churn(),
    ...worth(),
    ...economics(monthBefore(now, 2), month),
    carts(`${month}-06`),
    answers(`${month}-07`),
    cases(`${month}-08`),
    opinions(`${month}-09`),
    engaged(`${month}-10`),
    loyalty(),
    referred(monthBefore(now, 4)),
    currencies(month),
  ];
}

/** Binary fractions are compared to a millionth. */
const rounded = (cell: Row[string] | undefined): Row[string] | undefined =>
  typeof cell === 'number' ? Math.round(cell * 1e6) / 1e6 : cell;

/** A row cut to the columns of another. */
const cut = (row: Row, like: Row): object =>
  Object.fromEntries(Object.keys(like).map((column) => [column, rounded(row[column])]));

/** What an example leads to, beside what the views read: null where there is no row. */
export async function readExample(reading: Reading, { reads }: Example) {
  return Promise.all(
    reads.map(async ({ view, where, row }) => {
      const found = (await reading.view(view))
        .map((one) => canonical(one, { ...where, ...row }))
        .filter((one) => Object.entries(where).every(([column, value]) => one[column] === value));
      if (found.length > 1) throw new Error(`${view} has ${found.length} rows of ${JSON.stringify(where)}`);
      const [only] = found;
      const name = `${view} ${Object.values(where).join(' ')}`;
      return {
        name,
        expected: row && cut(row, row),
        read: only === undefined ? null : cut(only, row ?? only),
      };
    }),
  );
}
