/**
 * Queries of the dashboard's charts on the views of ClickHouse, each a function to `{ query, query_params }`. Nothing of a
 * request ever becomes part of the text: values travel as parameters. Counts and money of days add up; a rate is that of the
 * metric, over their sums.
 */
import {
  abandonmentRate,
  averageFirstResolution,
  averageFirstResponse,
  averageFirstResponseWorking,
  averageResolution,
  averageResolutionWorking,
  churnRate,
  firstContactRate,
  meanSql,
  netSentiment,
  nps,
  ratioSql,
  responseRate,
  shopperAbandonmentRate,
} from '@tidemark/metrics/ratios';
import type { Grain } from './history-rows.ts';

/** A query as `@clickhouse/client` takes it. */
export type HistoryQuery = {
  readonly query: string;
  readonly query_params: { readonly [name: string]: string | number | readonly string[] };
};

/**
 * Days `from` to `to`, both included, as `YYYY-MM-DD` in the reporting zone, and `before` to `before_to`, the period of the same
 * length compared with, which ends before `from`.
 */
export type Span = {
  readonly before: string;
  readonly before_to: string;
  readonly from: string;
  readonly to: string;
};

const dayMs = 86_400_000;

/** Days of a span. */
export function daysOf({ from, to }: Pick<Span, 'from' | 'to'>): number {
  return (Date.parse(to) - Date.parse(from)) / dayMs + 1;
}

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);

/** The span with the period of the same length that begins on the day `against`; without one, the period right before it. */
export function spanOf(from: string, to: string, against?: string): Span {
  const days = daysOf({ from, to });
  const before = against ?? dayAfter(from, -days);
  return { before, before_to: dayAfter(before, days - 1), from, to };
}

/** How long the periods of a chart are so that it has at most some fifty of them. */
export function grainOf(span: Pick<Span, 'from' | 'to'>): Grain {
  const days = daysOf(span);
  return days <= 62 ? 'day' : days <= 366 ? 'week' : 'month';
}

const periodOf: { readonly [grain in Grain]: string } = {
  day: 'd.date',
  week: 'toStartOfWeek(d.date, 1)',
  month: 'toStartOfMonth(d.date)',
};

/** What is summed up, by period or over the two whole spans (`current` is 1 for the span asked for, 0 for the one before). */
type By = { readonly grain: Grain } | 'spans';

function grouped(view: string, columns: string, span: Span, by: By, where = ''): HistoryQuery {
  const { from, to } = span;
  const key = by === 'spans' ? 'd.date >= {from:Date} AS current' : `${periodOf[by.grain]} AS period`;
  const group = by === 'spans' ? 'current' : 'period';
  const days = by === 'spans' ? inEither : 'd.date BETWEEN {from:Date} AND {to:Date}';
  const having = by === 'spans' ? `\nHAVING current = 1 OR ${reachesBefore(view)}` : '';
  return {
    query: `SELECT ${key}, ${columns}
FROM tidemark.${view} AS d
WHERE ${days}${where}
GROUP BY ${group}${having} ORDER BY ${group}`,
    query_params: by === 'spans' ? { ...span } : { from, to },
  };
}

/** Days of the span or of the one compared with. */
const inEither =
  '(d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date})';

/** A period that the history does not reach back over is nothing to compare with. */
function reachesBefore(view: string): string {
  return `(SELECT min(b.date) FROM tidemark.${view} AS b) <= {before:Date}`;
}

const ofCurrency = ' AND d.currency = {currency:String}';

/** The kinds of MRR movements, in the order of the waterfall. */
export const movementKinds = ['new', 'expansion', 'reactivation', 'contraction', 'churn'] as const;

/** MRR and its movements in one currency: rows `MrrRow`, totals `MrrTotal`. */
export function mrrQuery(span: Span, currency: string, by: By): HistoryQuery {
  const sums = movementKinds.map((name) => `sum(d.${name}) AS ${name}`);
  const standing =
    by === 'spans'
      ? 'argMin(d.mrr - d.net, d.date) AS opening, argMax(d.mrr, d.date) AS closing'
      : 'argMax(d.mrr, d.date) AS mrr';
  const columns = `${sums.join(', ')}, ${standing},
  argMax(d.customers, d.date) AS customers, argMax(tuple(d.arpa), d.date).1 AS arpa`;
  const { query, query_params } = grouped('mrr_daily', columns, span, by, ofCurrency);
  return { query, query_params: { ...query_params, currency } };
}

/** What is counted of customers who came and went. */
export const customersCounted = [
  'customers_new',
  'customers_reactivated',
  'customers_lost',
  'lost_voluntary',
  'lost_involuntary',
];

/** Customers who came and went, over all currencies: `ChurnRow`, `ChurnTotal`. */
export function churnQuery(span: Span, by: By): HistoryQuery {
  const columns = `${customersCounted.map((name) => `sum(d.${name}) AS ${name}`).join(', ')},
  argMin(d.customers_at_start, d.date) AS customers_at_start, argMax(d.customers_at_end, d.date) AS customers_at_end,
  ${ratioSql(churnRate)} AS churn_rate`;
  return grouped('churn_daily', columns, span, by);
}

/** Cancellations by the day they were scheduled, of one currency: `CancellationsRow`, `CancellationsTotal`. */
export function cancellationsQuery(span: Span, currency: string, by: By): HistoryQuery {
  const columns = `sum(d.scheduled) AS scheduled, sum(d.scheduled_mrr) AS scheduled_mrr,
  sum(d.taken_back) AS taken_back, sum(d.taken_back_mrr) AS taken_back_mrr,
  sumIf(d.scheduled, d.reason = 'voluntary') AS voluntary, sumIf(d.scheduled, d.reason = 'involuntary') AS involuntary`;
  const { query, query_params } = grouped('cancellations_daily', columns, span, by, ofCurrency);
  return { query, query_params: { ...query_params, currency } };
}

/** MRR as it will be once all that is pending has come, at each period's end: `CommittedRow`, `CommittedTotal`. */
export function committedQuery(span: Span, currency: string, by: By): HistoryQuery {
  const columns = ['mrr', 'pending_churn', 'pending_change', 'committed_mrr']
    .map((name) => `argMax(d.${name}, d.date) AS ${name}`)
    .join(', ');
  const { query, query_params } = grouped('mrr_committed_daily', columns, span, by, ofCurrency);
  return { query, query_params: { ...query_params, currency } };
}

/** What became past due, and what is at each period's end: `PastDueRow`, `PastDueTotal`. A day without a row has nothing. */
export function pastDueQuery(span: Span, currency: string, by: By): HistoryQuery {
  const columns = `${['entered', 'recovered', 'ended'].map((name) => `sum(d.${name}) AS ${name}`).join(', ')},
  ${['past_due_subscriptions', 'past_due_mrr'].map((name) => `argMax(d.${name}, d.date) AS ${name}`).join(', ')}`;
  const { query, query_params } = grouped('past_due_daily', columns, span, by, ofCurrency);
  return { query, query_params: { ...query_params, currency } };
}

/** What became of the customers who filled carts: `ShoppersRow`, `ShoppersTotal`. */
export function shoppersQuery(span: Span, by: By): HistoryQuery {
  const sums = ['shoppers', 'converted', 'abandoned', 'open'];
  const columns = `${sums.map((name) => `sum(d.${name}) AS ${name}`).join(', ')},
  ${ratioSql(shopperAbandonmentRate)} AS abandonment_rate`;
  return grouped('cart_abandonment_by_customer_daily', columns, span, by);
}

/** What became of the carts created: `CartsRow`, `CartsTotal`. */
export function cartsQuery(span: Span, by: By): HistoryQuery {
  const sums = ['carts', 'converted', 'recovered', 'abandoned', 'open'];
  const columns = `${sums.map((name) => `sum(d.${name}) AS ${name}`).join(', ')},
  ${ratioSql(abandonmentRate)} AS abandonment_rate`;
  return grouped('cart_abandonment_daily', columns, span, by);
}

/** What the carts created were worth in one currency: `CartValue`. */
export function cartValueQuery({ from, to }: Span, currency: string): HistoryQuery {
  return {
    query: `SELECT sum(d.abandoned_value) AS abandoned_value, sum(d.recovered_value) AS recovered_value,
  sum(d.converted_value) AS converted_value
FROM tidemark.cart_value_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}${ofCurrency}`,
    query_params: { from, to, currency },
  };
}

/** Contacts by period over all channels: `ContactsRow`. */
export function contactsQuery(span: Span, grain: Grain): HistoryQuery {
  return grouped('contact_volume_daily', 'sum(d.opened) AS opened, sum(d.resolved) AS resolved', span, {
    grain,
  });
}

/** A column of a daily view. */
const ofDay = (column: string): string => `d.${column}`;

/** Contacts by channel with how long they took: `ChannelRow`. Means are weighted by the cases they are of. */
export function channelsQuery(span: Span): HistoryQuery {
  return {
    query: `SELECT v.channel AS channel, v.opened AS opened, v.opened_before AS opened_before, v.resolved AS resolved,
  v.backlog AS backlog, r.average AS average_resolution_seconds, r.average_working AS average_resolution_working_seconds,
  r.average_first AS average_first_resolution_seconds,
  f.rate AS fcr_rate
FROM (
  SELECT d.channel AS channel, sumIf(d.opened, d.date >= {from:Date}) AS opened,
    if(${reachesBefore('contact_volume_daily')}, sumIf(d.opened, d.date BETWEEN {before:Date} AND {before_to:Date}), NULL) AS opened_before,
    sumIf(d.resolved, d.date >= {from:Date}) AS resolved, argMax(d.backlog, d.date) AS backlog
  FROM tidemark.contact_volume_daily AS d WHERE d.date <= {to:Date} GROUP BY channel
) AS v
LEFT JOIN (
  SELECT d.channel AS channel, ${meanSql(averageResolution, ofDay)} AS average,
    ${meanSql(averageResolutionWorking, ofDay)} AS average_working,
    ${meanSql(averageFirstResolution, ofDay)} AS average_first
  FROM tidemark.contact_resolution_daily AS d WHERE d.date BETWEEN {from:Date} AND {to:Date} GROUP BY channel
) AS r ON r.channel = v.channel
LEFT JOIN (
  SELECT d.channel AS channel, ${ratioSql(firstContactRate, (column) => `sum(${ofDay(column)})`)} AS rate
  FROM tidemark.first_contact_resolution_daily AS d WHERE d.date BETWEEN {from:Date} AND {to:Date} GROUP BY channel
) AS f ON f.channel = v.channel
WHERE v.opened > 0 OR ifNull(v.opened_before, 0) > 0 OR v.backlog > 0 OR v.resolved > 0
ORDER BY opened DESC, channel`,
    query_params: { ...span },
  };
}

/** First responses by channel, of the cases opened: `ResponseRow`. Means are weighted by the cases they are of. */
export function responsesQuery({ from, to }: Span): HistoryQuery {
  return {
    query: `SELECT d.channel AS channel, sum(d.cases) AS cases, sum(d.responded) AS responded, sum(d.unanswered) AS unanswered,
  ${meanSql(averageFirstResponse, ofDay)} AS average_first_response_seconds,
  ${meanSql(averageFirstResponseWorking, ofDay)} AS average_first_response_working_seconds
FROM tidemark.contact_response_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}
GROUP BY channel
ORDER BY cases DESC, channel`,
    query_params: { from, to },
  };
}

/** Invitations to surveys: `InvitationsRow`. */
export function invitationsQuery(span: Span): HistoryQuery {
  const now = (column: string): string => `sumIf(d.${column}, d.date >= {from:Date})`;
  const then = (column: string): string => `sumIf(d.${column}, d.date < {from:Date})`;
  return {
    query: `SELECT d.instrument AS instrument, d.touchpoint AS touchpoint, ${now('sent')} AS sent, ${now('answered')} AS answered,
  ${now('dismissed')} AS dismissed, ${ratioSql(responseRate)} AS response_rate,
  if(NOT ${reachesBefore('survey_response_daily')}, NULL, ${ratioSql(responseRate, then)}) AS response_rate_before
FROM tidemark.survey_response_daily AS d
WHERE ${inEither}
GROUP BY instrument, touchpoint
HAVING sent > 0
ORDER BY sent DESC, instrument, touchpoint`,
    query_params: { ...span },
  };
}

/** Mentions by sentiment: `MentionsRow`, `MentionsTotal`. */
export function mentionsQuery(span: Span, by: By): HistoryQuery {
  const sentiments = ['positive', 'neutral', 'negative', 'unknown'];
  const columns = `sum(d.mentions) AS mentions, sum(d.reach) AS reach,
  ${sentiments.map((name) => `sumIf(d.mentions, d.sentiment = '${name}') AS ${name}`).join(', ')},
  ${ratioSql(netSentiment)} AS net_sentiment`;
  return grouped('mentions_daily', columns, span, by);
}

/** Net promoter score by touchpoint: `NpsRow`. */
export function npsQuery(span: Span): HistoryQuery {
  const now = (column: string): string => `sumIf(d.${column}, d.date >= {from:Date})`;
  const then = (column: string): string => `sumIf(d.${column}, d.date < {from:Date})`;
  return {
    query: `SELECT d.touchpoint AS touchpoint, ${now('responses')} AS responses, ${now('promoters')} AS promoters,
  ${now('passives')} AS passives, ${now('detractors')} AS detractors,
  ${ratioSql(nps)} AS nps, if(NOT ${reachesBefore('nps_daily')}, NULL, ${ratioSql(nps, then)}) AS nps_before
FROM tidemark.nps_daily AS d
WHERE ${inEither}
GROUP BY touchpoint
HAVING responses > 0
ORDER BY responses DESC, touchpoint`,
    query_params: { ...span },
  };
}

/** Net promoter score of persons at the end of a span, each with the last answer: `PersonsRow`. */
export function personsQuery({ to }: Span): HistoryQuery {
  return {
    query: `SELECT d.touchpoint AS touchpoint, d.respondents AS respondents, d.nps AS nps
FROM tidemark.nps_by_person_monthly AS d
WHERE d.month = toStartOfMonth({to:Date})
ORDER BY respondents DESC, touchpoint`,
    query_params: { to },
  };
}

/** The currencies that there are, those of most customers first: `CurrencyRow`. */
export function currenciesQuery(): HistoryQuery {
  return {
    query: `SELECT d.currency AS currency, argMax(d.customers, d.date) AS customers, min(d.date) AS first_day
FROM tidemark.mrr_daily AS d GROUP BY currency ORDER BY customers DESC, currency`,
    query_params: {},
  };
}

/** How far each family is counted, and what came in the last 24 hours: `FreshnessRow`. */
export function freshnessQuery(): HistoryQuery {
  const sums = ['received', 'duplicates', 'late', 'dead_lettered'];
  return {
    query: `SELECT t.family AS family, t.data_through AS data_through, t.last_received_at AS last_received_at,
  ${sums.map((name) => `a.${name} AS ${name}`).join(', ')}
FROM tidemark.data_through AS t
LEFT JOIN (
  SELECT d.family AS family, ${sums.map((name) => `sum(d.${name}) AS ${name}`).join(', ')}
  FROM tidemark.ingest_audit_hourly AS d WHERE d.hour >= now() - INTERVAL 24 HOUR GROUP BY family
) AS a ON a.family = t.family
ORDER BY family`,
    query_params: {},
  };
}

/** How many rows the reconciliation view has: one row with the number of imbalances. */
export function imbalancesQuery(): HistoryQuery {
  return { query: 'SELECT count() AS imbalances FROM tidemark.audit_imbalances', query_params: {} };
}
