/**
 * `/v1/views`: the catalogue of all metrics, and the rows of any of its views, for the page and for whoever reads by HTTP.
 *
 * Limits: days as in `/v1/history`; 1 to 10,000 rows; a value of `where` has at most 256 characters. One address may send 600
 * requests a minute.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { type CataloguedView, cataloguedViews } from '@tidemark/metrics/catalogue';
import { answerFailures, type HistoryApi } from './history-api.ts';
import { readNumber, readSpan, WrongInput } from './history-input.ts';
import { valuesQuery, viewNamed, viewQuery } from './view-rows.ts';
import { viewOperations } from './view-operations.ts';

type Query = Readonly<Record<string, string | undefined>>;
type Row = { readonly [column: string]: unknown };

const requestsPerMinute = 600;
const rows = { min: 1, max: 10_000, fallback: 1_000 };
const valueLengthMax = 256;

/** A view as the catalogue says it. */
export type ViewAnswer = {
  readonly view: string;
  readonly group: string;
  readonly title: string;
  readonly meaning: string;
  readonly formula: readonly string[];
  readonly period: { readonly grain: 'hour' | 'day' | 'week' | 'month'; readonly column: string } | null;
  readonly dimensions: readonly string[];
  readonly columns: readonly { readonly name: string; readonly unit: string; readonly meaning: string }[];
  /** Names of the columns that are figures. */
  readonly measures: readonly string[];
  readonly families: readonly string[];
};

/** Rows of a view. */
export type RowsAnswer = {
  readonly view: string;
  readonly rows: readonly Row[];
  /** Whether these are all rows of the days and filters. */
  readonly is_whole: boolean;
  /** The values of each dimension, 200 at most. */
  readonly values: { readonly [dimension: string]: readonly string[] };
};

/** The catalogue. */
export function catalogueAnswer(): { readonly views: readonly ViewAnswer[] } {
  return { views: cataloguedViews.map(answerOf) };
}

function answerOf({ view, period, measures, ...about }: CataloguedView): ViewAnswer {
  const { group, title, meaning, formula, dimensions, families } = about;
  return {
    view: view.name,
    group,
    title,
    meaning,
    formula,
    period: period ?? null,
    dimensions,
    columns: view.columns.map(({ name, unit, comment }) => ({ name, unit, meaning: comment })),
    measures: measures.map(({ name }) => name),
    families,
  };
}

/** Registers the routes below `/v1/views`. */
export async function viewRoutes(app: FastifyInstance, { reader, zone }: HistoryApi): Promise<void> {
  await app.register(rateLimit, { max: requestsPerMinute, timeWindow: 60_000 });
  answerFailures(app, reader);
  const catalogue = catalogueAnswer();
  app.get('/', { config: { operation: viewOperations['/'] } }, () => catalogue);
  app.get<{ Params: { view: string }; Querystring: Query }>(
    '/:view',
    { config: { operation: viewOperations['/:view'] } },
    async ({ params, query }, reply) => {
      void reply.header('cache-control', 'no-store');
      const about = viewNamed(params.view);
      if (about === undefined)
        return reply
          .code(404)
          .send({ message: `There is no view ${params.view}: GET /v1/views lists them.` });
      const { from, to } = readSpan(query);
      const asked = { about, from, to, zone, where: whereOf(query, about) };
      const limit = readNumber(query, 'limit', rows);
      const values = valuesQuery(asked);
      const [found, known] = await Promise.all([
        // One more than is answered shows whether there are more.
        reader.rows<Row>(viewQuery(asked, limit + 1)),
        values === undefined ? [] : reader.rows<RowsAnswer['values']>(values),
      ]);
      const answer: RowsAnswer = {
        view: params.view,
        rows: found.slice(0, limit),
        is_whole: found.length <= limit,
        values: known[0] ?? {},
      };
      return answer;
    },
  );
}

/** `where=dimension=value`, once for each dimension. */
function whereOf(query: Query, { view, dimensions }: CataloguedView): { [dimension: string]: string } {
  const given: unknown = query['where'];
  const pairs = (Array.isArray(given) ? given : [given]).filter((one) => one !== undefined).map(String);
  const where: { [dimension: string]: string } = {};
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(pair) ?? [];
    if (!dimensions.includes(name) || value.length > valueLengthMax)
      throw new WrongInput(
        'where',
        dimensions.length === 0
          ? `${view.name} has no dimensions: leave where out.`
          : `where is dimension=value with one of ${dimensions.join(', ')}, and a value of ${valueLengthMax} characters at most.`,
      );
    where[name] = value;
  }
  return where;
}
