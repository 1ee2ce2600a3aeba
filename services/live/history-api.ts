/**
 * `/v1/history`: what the dashboard shows of the past, read from the views of ClickHouse as a user who sees nothing else.
 *
 * What each path takes and answers is in `historyOperations`.
 *
 * Limits: `from` and `to` are days (`YYYY-MM-DD`, both included) of the reporting zone, from 1980 to 2148 and at most 1,100
 * days apart; a currency is three capitals; `limit` is 1 to 500, `offset` 0 to 100,000; an id has at most 256 characters.
 * The answer to anything else is 400 with the field and the fix. A query that takes longer than 10 seconds is given up: 503, as
 * when ClickHouse is away. One address may send 600 requests a minute; the answer to more is 429.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { isFailure } from '@tidemark/service/failures';
import * as charts from './history.ts';
import * as details from './history-details.ts';
import * as filtered from './history-filtered.ts';
import {
  readCustomers,
  readCustomersOf,
  readDay,
  readMovement,
  readNumber,
  readSpan,
  readCurrency,
  readId,
  WrongInput,
} from './history-input.ts';
import { historyOperations } from './history-operations.ts';
import type { HistoryReader } from './history-reader.ts';
import type * as rows from './history-rows.ts';
import { periodsAt } from './periods.ts';

type Query = Readonly<Record<string, string | undefined>>;

const defaultRequestsPerMinute = 600;
const imbalancesFreshMs = 60_000;
const filtersFreshMs = 60_000;
const customerMovementsMax = 200;

/** What the routes need. */
export type HistoryApi = {
  readonly reader: HistoryReader;
  readonly zone: string;
  readonly now: () => number;
  /** Of one address. */
  readonly requestsPerMinute?: number | undefined;
};

/** The day that is under way in the reporting zone. */
function todayOf({ zone, now }: HistoryApi): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(periodsAt(now(), zone).today.from);
}

/** Answers a wrong parameter with 400 and its field, and a server that does not answer or refuses with 503. */
export function answerFailures(app: FastifyInstance, reader: Pick<HistoryReader, 'state'>): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof WrongInput)
      return reply.code(400).send({ code: 'input.wrong', field: error.field, message: error.message });
    if (isFailure(error)) {
      const code = reader.state() === 'off' ? 'history.off' : error.code;
      return reply.code(503).send({ code, message: failureMessage(code) });
    }
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    return reply
      .code(status)
      .send({ message: status < 500 ? (error as Error).message : 'The live service failed.' });
  });
}

/** Registers the routes below `/v1/history`. */
export async function historyRoutes(app: FastifyInstance, history: HistoryApi): Promise<void> {
  const { reader, requestsPerMinute: max = defaultRequestsPerMinute } = history;
  await app.register(rateLimit, { max, timeWindow: 60_000 });
  answerFailures(app, reader);
  const get = (path: string, answer: (query: Query) => Promise<unknown>): void => {
    const config = { operation: historyOperations[path]! };
    app.get<{ Querystring: Query }>(path, { config }, async ({ query }, reply) => {
      void reply.header('cache-control', 'no-store');
      return answer(query);
    });
  };

  get('/meta', async () => ({
    zone: history.zone,
    today: todayOf(history),
    currencies: await reader.rows<rows.CurrencyRow>(charts.currenciesQuery()),
  }));
  get('/filters', async () => {
    const [found] = await reader.rows<rows.FiltersRow>(filtered.filtersQuery(), filtersFreshMs);
    return { owners: found?.owners ?? [], segments: found?.segments ?? [] };
  });
  periodRoutes(get, reader);
  get('/moved', async (query) => {
    const { from, to } = readSpan(query);
    const currency = readCurrency(query);
    const asked = { from, to, zone: history.zone, currency, ...readCustomers(query) };
    const grain = charts.grainOf({ from, to });
    const [found, totals] = await Promise.all([
      reader.rows<rows.MovedRow>(filtered.movedQuery(asked, { grain })),
      reader.rows<rows.Movements>(filtered.movedQuery(asked, 'all')),
    ]);
    return { grain, rows: found, total: totals[0] ?? null };
  });
  get('/movements', async (query) => {
    const [from, to] = [readDay(query, 'from'), readDay(query, 'to')];
    readSpan(query);
    const asked = {
      from,
      to,
      zone: history.zone,
      currency: readCurrency(query),
      movement: readMovement(query),
      ...readCustomers(query),
    };
    const limit = readNumber(query, 'limit', { min: 1, max: 500, fallback: 100 });
    const offset = readNumber(query, 'offset', { min: 0, max: 100_000, fallback: 0 });
    const [totals, found] = await Promise.all([
      reader.rows<rows.MovementsTotal>(details.movementsTotalQuery(asked)),
      reader.rows<rows.MovementRow>(details.movementsQuery(asked, limit, offset)),
    ]);
    return { total: totals[0], rows: found };
  });
  get('/customer', async (query) => {
    const id = readId(query);
    const [value, health, movements] = await Promise.all([
      reader.rows<rows.CustomerValueRow>(details.customerValueQuery(id)),
      reader.rows<rows.CustomerHealthRow>(details.customerHealthQuery(id)),
      reader.rows<rows.MovementRow>(details.customerMovementsQuery(id, customerMovementsMax)),
    ]);
    return { customer_id: id, value, health: health[0] ?? null, movements };
  });
  get('/freshness', async () => {
    const [families, imbalances] = await Promise.all([
      reader.rows<rows.FreshnessRow>(charts.freshnessQuery()),
      reader.rows<{ imbalances: number }>(charts.imbalancesQuery(), imbalancesFreshMs).catch(() => []),
    ]);
    return { families, imbalances: imbalances[0]?.imbalances ?? null };
  });
}

function periodRoutes(
  get: (path: string, answer: (query: Query) => Promise<unknown>) => void,
  reader: HistoryReader,
): void {
  type Make = (span: charts.Span, by: { grain: rows.Grain } | 'spans', query: Query) => charts.HistoryQuery;
  const over = async <Row, Total>(query: Query, make: Make): Promise<rows.History<Row, Total>> => {
    const span = readSpan(query);
    const grain = charts.grainOf(span);
    const [found, totals] = await Promise.all([
      reader.rows<Row>(make(span, { grain }, query)),
      reader.rows<Total & { current: number | boolean }>(make(span, 'spans', query)),
    ]);
    const totalOf = (isCurrent: boolean): Total | null =>
      totals.find(({ current }) => Boolean(current) === isCurrent) ?? null;
    return { grain, rows: found, total: totalOf(true), before: totalOf(false) };
  };
  get('/mrr', (query) =>
    over<rows.MrrRow, rows.MrrTotal>(query, (span, by, q) => charts.mrrQuery(span, readCurrency(q), by)),
  );
  get('/churn', async (query) => {
    const of = readCustomersOf(query);
    if (of === undefined)
      return over<rows.ChurnRow, rows.ChurnTotal>(query, (span, by) => charts.churnQuery(span, by));
    const span = readSpan(query);
    const [found, totals] = await Promise.all([
      reader.rows<rows.ChurnRow>(filtered.churnOfQuery(span, of, 'month')),
      reader.rows<rows.ChurnTotal>(filtered.churnOfQuery(span, of, 'all')),
    ]);
    return { grain: 'month', rows: found, total: totals[0] ?? null, before: null };
  });
  get('/cancellations', (query) =>
    over<rows.CancellationsRow, rows.CancellationsTotal>(query, (span, by, q) =>
      charts.cancellationsQuery(span, readCurrency(q), by),
    ),
  );
  get('/committed', (query) =>
    over<rows.CommittedRow, rows.CommittedTotal>(query, (span, by, q) =>
      charts.committedQuery(span, readCurrency(q), by),
    ),
  );
  get('/past-due', (query) =>
    over<rows.PastDueRow, rows.PastDueTotal>(query, (span, by, q) =>
      charts.pastDueQuery(span, readCurrency(q), by),
    ),
  );
  get('/shoppers', (query) =>
    over<rows.ShoppersRow, rows.ShoppersTotal>(query, (span, by) => charts.shoppersQuery(span, by)),
  );
  get('/mentions', (query) =>
    over<rows.MentionsRow, rows.MentionsTotal>(query, (span, by) => charts.mentionsQuery(span, by)),
  );
  get('/carts', async (query) => {
    const value = charts.cartValueQuery(readSpan(query), readCurrency(query));
    const [outcomes, values] = await Promise.all([
      over<rows.CartsRow, rows.CartsTotal>(query, (span, by) => charts.cartsQuery(span, by)),
      reader.rows<rows.CartValue>(value),
    ]);
    return { ...outcomes, value: values[0] ?? null };
  });
  get('/contacts', async (query) => {
    const span = readSpan(query);
    const grain = charts.grainOf(span);
    const [found, channels] = await Promise.all([
      reader.rows<rows.ContactsRow>(charts.contactsQuery(span, grain)),
      reader.rows<rows.ChannelRow>(charts.channelsQuery(span)),
    ]);
    return { grain, rows: found, channels };
  });
  listRoutes(get, reader);
}

/** Lists over a whole span, not by period. */
function listRoutes(
  get: (path: string, answer: (query: Query) => Promise<unknown>) => void,
  reader: HistoryReader,
): void {
  get('/responses', async (query) => ({
    channels: await reader.rows<rows.ResponseRow>(charts.responsesQuery(readSpan(query))),
  }));
  get('/nps', async (query) => {
    const span = readSpan(query);
    const [touchpoints, persons] = await Promise.all([
      reader.rows<rows.NpsRow>(charts.npsQuery(span)),
      reader.rows<rows.PersonsRow>(charts.personsQuery(span)),
    ]);
    return { touchpoints, persons };
  });
  get('/invitations', async (query) => ({
    invitations: await reader.rows<rows.InvitationsRow>(charts.invitationsQuery(readSpan(query))),
  }));
}

function failureMessage(code: string): string {
  if (code === 'history.off')
    return 'There is no history here: LIVE_CLICKHOUSE_URL is not set. Live figures go on.';
  if (code.startsWith('kafka.'))
    return 'Kafka did not give this in time: ask again, or use npx tidemark explain events.';
  if (code === 'clickhouse.unavailable') return 'ClickHouse does not answer. Live figures go on.';
  return 'ClickHouse refused the query, or took too long: ask for a shorter period, or see the log of ClickHouse.';
}
