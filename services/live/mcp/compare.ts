import { CannotAnswer } from './cannot.ts';
import { aboutCells, cellsQuery, type CellsAsked, type Figures, metricOf } from './figures.ts';
import { periodOf } from './periods.ts';

/** One side of a comparison. */
export type Side = { readonly period: string; readonly known_at?: string | undefined };

/** What is compared: two periods, or one as known at two instants. */
export type Compared = Omit<CellsAsked, 'known_at'> & { readonly a: Side; readonly b: Side };

type Row = { readonly a: string | number | null; readonly b: string | number | null };

/**
 * A metric at two periods or as known at two instants, with the differences, by dimensions.
 *
 * @throws CannotAnswer, Failure.
 */
export async function compare(figures: Figures, { a, b, ...asked }: Compared) {
  if (a.period === b.period && a.known_at === b.known_at)
    throw new CannotAnswer('Both sides are the same.', 'Give two periods, or one period with two known_at.');
  const sides = [];
  for (const [prefix, side] of [
    ['a_', a],
    ['b_', b],
  ] as const) {
    const cells = { ...asked, known_at: side.known_at };
    const period = periodOf(asked.grain, side.period, figures.zone);
    const about = await aboutCells(figures, cells, [period]);
    sides.push({ about, ...cellsQuery(cells, period, period, prefix) });
  }
  const [first, second] = sides as [(typeof sides)[number], (typeof sides)[number]];
  const { dimensions } = metricOf(asked.metric);
  const rows = await figures.reader.rows<Row>({
    query: `SELECT ${[...dimensions, 'maxIf(c.value, c.side = 1) AS a', 'maxIf(c.value, c.side = 2) AS b'].join(', ')},
  b - a AS difference, if(a = 0, NULL, toFloat64(b - a) / abs(toFloat64(a))) AS change
FROM (
  SELECT 1 AS side, s.* FROM (${first.query}) AS s
  UNION ALL
  SELECT 2 AS side, s.* FROM (${second.query}) AS s
) AS c
${dimensions.length === 0 ? '' : `GROUP BY ${dimensions.join(', ')} ORDER BY ${dimensions.join(', ')}`} LIMIT 1000`,
    query_params: { ...first.params, ...second.params },
  });
  if (!rows.some((row) => row.a !== null && row.b !== null))
    throw new CannotAnswer(
      `${asked.metric} is not known on both sides, so there is no difference.`,
      'query_metric shows what is known of each.',
    );
  const { as_of: asOfA, ...about } = first.about;
  return {
    ...about,
    a: { period: a.period, as_of: asOfA },
    b: { period: b.period, as_of: second.about.as_of },
    change_is: 'difference divided by the size of a, a fraction; null when a is 0',
    rows,
  };
}
