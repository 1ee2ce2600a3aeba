import { metrics, type Metric } from '@tidemark/metrics/catalogue';
import type { HistoryReader } from '../history-reader.ts';
import { CannotAnswer } from './cannot.ts';
import { type AskedPeriod, type Grain, knownAtOf, periodOf } from './periods.ts';

/** What figures are read from. */
export type Figures = {
  readonly reader: HistoryReader;
  readonly zone: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Which cells of a metric are asked for. */
export type CellsAsked = {
  readonly metric: string;
  readonly grain: Grain;
  readonly where?: { readonly [dimension: string]: string } | undefined;
  readonly known_at?: string | undefined;
};

/** A row of a metric: its period, its dimensions, its value. */
export type Cell = {
  readonly period: string;
  readonly value: string | number | null;
  readonly [dimension: string]: unknown;
};

/** Cells are read by a query of this many at most. */
const cellsMax = 1_000;

/**
 * The metric of a name.
 *
 * @throws CannotAnswer for an unknown one, with those like it.
 */
export function metricOf(name: string): Metric {
  const found = metrics.get(name);
  if (found !== undefined) return found;
  const words = name
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 2);
  const like = [...metrics.keys()].filter((one) => words.some((word) => one.includes(word))).slice(0, 12);
  throw new CannotAnswer(
    `There is no metric ${name}.`,
    like.length === 0 ? 'list_metrics lists those there are.' : `There are ${like.join(', ')}.`,
  );
}

/** How far the families behind a metric are counted, by family: instants. */
export async function dataThrough({ reader }: Figures, { families }: Pick<Metric, 'families'>) {
  const rows = await reader.rows<{ family: string; data_through: string }>({
    query: `SELECT d.family AS family, d.data_through AS data_through FROM tidemark.data_through AS d
WHERE has({families:Array(String)}, d.family) ORDER BY family`,
    query_params: { families },
  });
  const missing = families.filter((family) => !rows.some((row) => row.family === family));
  if (missing.length > 0)
    throw new CannotAnswer(
      `Nobody knows how far ${missing.join(', ')} is counted.`,
      'data_through says what is known; start the processor, or publish a first event.',
    );
  return rows.map(({ data_through }) => data_through).toSorted()[0]!;
}

/**
 * What there is to say of a figure beside its value, once it is sure that it can be had.
 *
 * @throws CannotAnswer when a period is not over, or not counted.
 */
export async function aboutCells(figures: Figures, asked: CellsAsked, periods: readonly AskedPeriod[]) {
  const metric = metricOf(asked.metric);
  if (metric.grains[asked.grain] === undefined)
    throw new CannotAnswer(
      `${metric.name} is not computed by ${asked.grain}.`,
      `It is by ${Object.keys(metric.grains).join(', ')}. Figures of one grain do not always add up to another.`,
    );
  checkWhere(metric, asked.where ?? {});
  if (asked.known_at !== undefined && !metric.hasAsOf)
    throw new CannotAnswer(`${metric.name} is not kept as it was known before.`, 'Leave known_at out.');
  const knownAt = asked.known_at === undefined ? undefined : knownAtOf(asked.known_at, figures.now());
  const through = await dataThrough(figures, metric);
  const limit = Math.min(Date.parse(through), knownAt ?? Number.POSITIVE_INFINITY);
  const open = periods.find(({ endsAt }) => endsAt > limit);
  if (open !== undefined)
    throw new CannotAnswer(
      `The ${asked.grain} ${open.key} ends at ${new Date(open.endsAt).toISOString()}, and is known to ${new Date(limit).toISOString()} only: its figure would still change.`,
      'Ask for one that is over and counted; the figures of this moment are in the live API.',
    );
  return {
    metric: metric.name,
    definition: metric.meaning,
    formula: metric.formula,
    unit: metric.unit,
    zone: figures.zone,
    data_through: through,
    as_of: new Date(knownAt ?? figures.now()).toISOString(),
  };
}

function checkWhere({ name, isMoney, dimensions }: Metric, where: CellsAsked['where'] & object): void {
  const unknown = Object.keys(where).find((key) => !dimensions.includes(key));
  if (unknown !== undefined)
    throw new CannotAnswer(
      `${name} is not known by ${unknown}.`,
      dimensions.length === 0 ? 'It has no dimensions.' : `Its dimensions are ${dimensions.join(', ')}.`,
    );
  const isReporting = name.split('.')[0]!.endsWith('_reporting');
  if (!isMoney || isReporting || !dimensions.includes('currency') || where['currency'] !== undefined) return;
  const inReporting = name.replace('.', '_reporting.');
  const other = metrics.has(inReporting)
    ? `, or ask for ${inReporting}, which converts at the rates of the days`
    : '';
  throw new CannotAnswer(
    `${name} is money, and amounts of several currencies are never added up or compared.`,
    `Name one in where: {"currency": "EUR"}${other}.`,
  );
}

/** A SELECT of cells with its parameters, whose names begin with `prefix`. */
export function cellsQuery(asked: CellsAsked, from: AskedPeriod, to: AskedPeriod, prefix = '') {
  const metric = metricOf(asked.metric);
  const { view, column } = metric.grains[asked.grain]!;
  const measure = metric.name.split('.')[1]!;
  const type = asked.grain === 'hour' ? "DateTime64(3, 'UTC')" : 'Date';
  const params: Record<string, string> = { [`${prefix}from`]: from.key, [`${prefix}to`]: to.key };
  const conditions = Object.entries(asked.where ?? {}).map(([dimension, value], index) => {
    params[`${prefix}w${index}`] = value;
    return `AND toString(v.${dimension}) = {${prefix}w${index}:String}`;
  });
  const isThen = asked.known_at !== undefined;
  if (isThen)
    params[`${prefix}known_at`] = new Date(asked.known_at!).toISOString().replace('T', ' ').replace('Z', '');
  const source = isThen ? `${view}_as_of(known_at = {${prefix}known_at:DateTime64(3, 'UTC')})` : view;
  const keys = metric.dimensions.map((dimension) => `v.${dimension} AS ${dimension}`);
  const query = `SELECT ${[`v.${column} AS period`, ...keys, `toNullable(v.${measure}) AS value`].join(', ')}
FROM tidemark.${source} AS v
WHERE v.${column} BETWEEN {${prefix}from:${type}} AND {${prefix}to:${type}} ${conditions.join(' ')}`;
  return { query, params, dimensions: metric.dimensions };
}

/**
 * The cells of a metric from one period to another, both included.
 *
 * @throws CannotAnswer, Failure.
 */
export async function readCells(
  figures: Figures,
  asked: CellsAsked & { readonly from: string; readonly to: string },
) {
  const [from, to] = [asked.from, asked.to].map((text) => periodOf(asked.grain, text, figures.zone)) as [
    AskedPeriod,
    AskedPeriod,
  ];
  if (to.endsAt < from.endsAt) throw new CannotAnswer('to is before from.', 'Swap them.');
  const about = await aboutCells(figures, asked, [from, to]);
  const { query, params, dimensions } = cellsQuery(asked, from, to);
  const rows = await figures.reader.rows<Cell>({
    query: `${query} ORDER BY ${['period', ...dimensions].join(', ')} LIMIT ${cellsMax + 1}`,
    query_params: params,
  });
  if (rows.length === 0)
    throw new CannotAnswer(
      `There is nothing of ${asked.metric} in that time${asked.where === undefined ? '' : ' with these dimensions'}.`,
      'That is no zero: ask for another period, or leave where out to see which values there are.',
    );
  if (rows.length > cellsMax)
    throw new CannotAnswer(
      `Those are more than ${cellsMax} cells.`,
      'Ask for a shorter time, or narrow it by where.',
    );
  if (rows.every(({ value }) => value === null))
    throw new CannotAnswer(
      `${asked.metric} cannot be computed there: what it divides by is 0, or an exchange rate is missing.`,
      'Ask for its parts, or for another period.',
    );
  return { ...about, rows };
}
