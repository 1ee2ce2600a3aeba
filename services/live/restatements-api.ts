/**
 * `GET /v1/restatements`: what changed in a view between two instants, and why (docs/decisions/restatements.md).
 *
 * | parameter    |                                                                                                    |
 * | ------------ | -------------------------------------------------------------------------------------------------- |
 * | `view`       | the name of a view                                                                                 |
 * | `since`      | an instant with its offset: what was known then is where the change begins                         |
 * | `until`      | an instant, at most now; a minute ago when left out, so that what was recorded by then is inserted |
 * | `from`, `to` | days, both included, in which the periods begin; all periods when left out                         |
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { hasPeriods, restatedViews, restatements, settledAfterMs } from '@tidemark/clickhouse/restatements';
import { restatementCauses } from '@tidemark/metrics/sql/restated';
import { answerFailures, type HistoryApi } from './history-api.ts';
import { restatementsOperation } from './history-operations.ts';
import { parameter, readInstant, readSpan, WrongInput } from './history-input.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** Each request reads a view nine times. */
const requestsPerMinute = 30;

/** Registers the route below `/v1/restatements`. */
export async function restatementRoutes(
  app: FastifyInstance,
  { reader, zone, now }: HistoryApi,
): Promise<void> {
  await app.register(rateLimit, { max: requestsPerMinute, timeWindow: 60_000 });
  answerFailures(app, reader);
  const config = { operation: restatementsOperation };
  app.get<{ Querystring: Query }>('/', { config }, async ({ query }, reply) => {
    void reply.header('cache-control', 'no-store');
    const view = readView(query);
    const since = readInstant(query, 'since');
    const until =
      parameter(query, 'until') === undefined ? now() - settledAfterMs : readInstant(query, 'until');
    if (until > now()) throw new WrongInput('until', 'until is after now: what will be known is not known.');
    if (since > until) throw new WrongInput('since', 'since is after until: swap them.');
    const days = readDays(query, view, zone);
    const cells = await restatements(
      (text, parameters) => reader.rows({ query: text, query_params: parameters }),
      { view, since, until, days },
    );
    return {
      view,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      causes: restatementCauses,
      cells,
    };
  });
}

function readView(query: Query): string {
  const view = parameter(query, 'view') ?? '';
  if (restatedViews.includes(view)) return view;
  throw new WrongInput('view', `view is one of ${restatedViews.join(', ')}.`);
}

function readDays(
  query: Query,
  view: string,
  zone: string,
): { readonly from: string; readonly to: string; readonly zone: string } | undefined {
  if (query['from'] === undefined && query['to'] === undefined) return undefined;
  if (!hasPeriods(view)) throw new WrongInput('from', `${view} has no periods: leave from and to out.`);
  const { from, to } = readSpan(query);
  return { from, to, zone };
}
