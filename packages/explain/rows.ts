import { explainable, shownView } from '@tidemark/metrics/explain';
import { WrongQuestion } from './asked.ts';
import type { Reader, TextRow } from './reader.ts';

/** Rows of a view, each of whose figures can be asked about. */
export type Rows = {
  readonly view: string;
  /** Columns that name one row. */
  readonly key: readonly string[];
  /** Columns that can be explained. */
  readonly figures: readonly string[];
  /** The latest first; all columns as text, exact. */
  readonly rows: readonly TextRow[];
};

/**
 * Rows of a view, the latest periods first. Throws `WrongQuestion` when no such view is explained, and a `Failure` when ClickHouse cannot
 * be read.
 *
 * @param limit Rows at most, from 1.
 */
export async function rowsToAskAbout(
  reader: Reader,
  { view, limit, generation }: { readonly view: string; readonly limit: number; readonly generation: number },
): Promise<Rows> {
  const about = explainable().find((one) => one.view === view);
  if (about === undefined)
    throw new WrongQuestion(
      'view',
      `view is one of ${explainable()
        .map((one) => one.view)
        .join(', ')}.`,
    );
  const { key, columns: figures } = about;
  const shown = shownView(view).columns.map(({ name }) => `toString(v.${name}) AS ${name}`);
  // What is no period, such as a customer, has no latest.
  const order = shownView(view)
    .columns.filter(({ name }) => key.includes(name))
    .map(({ name, type }) => `v.${name}${type.startsWith('Date') ? ' DESC' : ''}`);
  const query = `SELECT ${shown.join(', ')} FROM tidemark.${view} AS v ORDER BY ${order.join(', ')} LIMIT ${limit}`;
  const rows = await reader.rows(await reader.inGeneration(query, generation), {});
  return { view, key, figures, rows };
}
