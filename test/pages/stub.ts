import type { Answer } from '@tidemark/explain/answer';
import type { Difference } from '@tidemark/explain/difference';
import type { AcceptedEvent } from '@tidemark/explain/events';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import { catalogueAnswer, type RowsAnswer } from '../../services/live/views-api.ts';
import { firstEvent } from '../../services/live/first-event.ts';
import { securityHeaders } from '../../services/live/guard.ts';
import type * as rows from '../../services/live/history-rows.ts';
import { pages } from '../../services/live/pages.ts';
import type { PipelineState } from '../../services/live/pipeline-watch.ts';
import type { Summary } from '../../services/live/summary.ts';

/** A live service whose answers are set by the test: the page alone is tested, without Kafka and ClickHouse. */
export type Stub = {
  readonly address: string;
  /** What it answers by path; a text is sent as it stands, so that an answer can break off. */
  readonly answers: Map<string, object | string>;
  /** All questions, as path and query. */
  readonly asked: string[];
  readonly close: () => Promise<void>;
};

/** Serves the pages with the answers of a quiet week. */
export async function stubLive(): Promise<Stub> {
  const app = fastify({ forceCloseConnections: true });
  const answers = quietWeek();
  const asked: string[] = [];
  app.addHook('onRequest', async (request, reply) => {
    asked.push(request.url);
    void reply.headers(securityHeaders);
  });
  pages(app);
  streamOf(app);
  app.get('/v1/*', (request, reply) => {
    const { pathname, search } = new URL(request.url, 'http://stub');
    const answer = answers.get(pathname + search) ?? answers.get(pathname) ?? rowsOf(pathname);
    if (answer === undefined) return reply.code(404).send({ message: `The test has no ${pathname}.` });
    return reply.type('application/json').send(answer);
  });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  return { address, answers, asked, close: () => app.close() };
}

const catalogue = catalogueAnswer();

/** Rows of any view of the catalogue: two periods, two values of each dimension. */
function rowsOf(path: string): RowsAnswer | undefined {
  const view = catalogue.views.find((one) => path === `/v1/views/${one.view}`);
  if (view === undefined) return undefined;
  const { period, dimensions, columns, measures } = view;
  const rows = [0, 1].flatMap((time) =>
    ['a', 'b'].map((value) =>
      Object.fromEntries(
        columns.map(({ name, unit }) => {
          if (name === period?.column || unit === 'date') return [name, `2026-03-0${time + 1}`];
          if (unit === 'instant, UTC') return [name, `2026-03-0${time + 1}T10:00:00.000Z`];
          if (name === 'currency') return [name, 'EUR'];
          if (dimensions.includes(name)) return [name, `${name}_${value}`];
          return [name, measures.includes(name) ? 0.25 + time : 'text'];
        }),
      ),
    ),
  );
  const values = Object.fromEntries(dimensions.map((name) => [name, [`${name}_a`, `${name}_b`]]));
  return { view: view.view, rows, is_whole: true, values };
}

function streamOf(app: FastifyInstance): void {
  app.get('/v1/stream', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', ...securityHeaders });
    reply.raw.write(`event: summary\ndata: ${JSON.stringify(summary)}\n\n`);
    reply.raw.write(`event: pipeline\ndata: ${JSON.stringify(pipeline)}\n\n`);
  });
}

const days = Array.from({ length: 7 }, (_, index) => `2026-03-0${index + 1}`);
const now = new Date().toISOString();

const churn = {
  customers_at_start: 40,
  customers_lost: 1,
  customers_new: 3,
  customers_reactivated: 0,
  churn_rate: 0.025,
  cancellations_scheduled: 2,
  cancellations_taken_back: 0,
  mrr_lost: [],
};
const summary: Summary = {
  as_of: now,
  zone: 'Europe/Berlin',
  customers: 42,
  recurring: ['EUR', 'USD', 'DKK'].map((currency) => ({
    currency,
    mrr: '1200.000000',
    customers: 14,
    arpa: '85.714286',
  })),
  churn: { today: churn, month: churn },
  carts: {
    last_hour: { created: 9, converted: 3, recovered: 1, abandoned: 6, outcome_abandonment_rate: 6 / 9 },
  },
  contacts: [{ channel: 'chat', opened_today: 4, resolved_today: 3, backlog: 2 }],
  sales_today: [{ currency: 'EUR', purchases: 5, revenue: '250.000000', refunds: '0.000000' }],
  mentions_today: [{ sentiment: 'positive', mentions: 3 }],
};
const pipeline: PipelineState = {
  as_of: now,
  kafka: 'up',
  kafka_since: null,
  clickhouse: 'up',
  events_per_second: 1.5,
  families: [{ family: 'cart', events_per_second: 1.5 }],
  processor_lag: 0,
  sink_lag: 0,
};

/** A formula with parts beside it, so that both are drawn. */
const explained: Partial<Answer> = {
  value: '1200',
  explained: '1200',
  is_equal: true,
  meaning: 'MRR at the end of the day.',
  formula: 'customers_lost / customers_at_start',
  operands: [
    {
      name: 'customers_lost',
      value: '1',
      figure: { view: 'churn_daily', column: 'customers_lost', key: { date: '2026-03-07' } },
    },
    { name: 'pairs', value: '2', figure: null },
  ],
  parts: {
    each: 'fact',
    kind: 'mrr_movement',
    total: 'sum(value)',
    count: 1,
    rows: [{ at: '2026-03-01T10:00:00Z', customer_id: 'c1', plan_id: '', event_id: 'e1', part: '90' }],
    figures: null,
    has_facts: false,
    events: { family: 'subscription', column: 'customer_id' },
  },
};

const events: readonly AcceptedEvent[] = [
  {
    event_id: 'e1',
    type: 'subscription.started',
    occurred_at: '2026-03-01T10:00:00.000Z',
    accepted_in: 'state',
    record: 'kept',
    raw: [{ topic: 'events.subscription', partition: 2, offset: 17 }],
  },
  {
    event_id: 'e0',
    type: 'subscription.changed',
    occurred_at: '2026-01-01T10:00:00.000Z',
    accepted_in: 'state',
    record: 'gone',
    raw: [],
  },
];

const differs: Partial<Difference> = {
  before: { key: {}, value: '1110' },
  after: { key: {}, value: '1200' },
  difference: '90',
  formula: null,
  operands: [],
  changes: {
    change: '90',
    count: 1,
    parts: [{ customer_id: 'c1', change: '90', what: 'came' }],
    groups: { segment: [{ name: 'smb', change: '90', came: 1, went: 0, changed: 0 }] },
  },
};

/** Some of everything, so that every panel has something to draw. */
function quietWeek(): Map<string, object | string> {
  const moved = { new: '90', expansion: '20', reactivation: '10', contraction: '-5', churn: '-15' };
  const mrr = { ...moved, opening: '1100', closing: '1200', customers: 14, arpa: '85.71' };
  const gained = { ...churn, customers_at_end: 42, lost_voluntary: 1, lost_involuntary: 0 };
  const scheduled = { scheduled: 2, scheduled_mrr: '30', taken_back: 1, taken_back_mrr: '10' };
  const canceled = { ...scheduled, voluntary: 1, involuntary: 1 };
  const carts = { carts: 9, converted: 3, recovered: 1, abandoned: 6, open: 0, abandonment_rate: 6 / 9 };
  const felt = { mentions: 6, positive: 3, neutral: 1, negative: 1, unknown: 1 };
  const mentions = { ...felt, reach: 600, net_sentiment: 2 / 6 };
  const value = { abandoned_value: '300', recovered_value: '50', converted_value: '150' };
  const pending = { mrr: '1200', pending_churn: '60', pending_change: '-15', committed_mrr: '1125' };
  const turned = { entered: 2, recovered: 1, ended: 0 };
  const unpaid = { ...turned, past_due_subscriptions: 3, past_due_mrr: '180' };
  const shoppers = { shoppers: 8, converted: 3, abandoned: 4, open: 1, abandonment_rate: 4 / 7 };
  return new Map<string, object | string>([
    ['/v1/explain', explained],
    ['/v1/explain/events', { events }],
    ['/v1/explain/difference', differs],
    ['/v1/explain/figures', { views: [{ view: 'mrr_daily', key: ['date', 'currency'], columns: ['mrr'] }] }],
    ['/v1/views', catalogue],
    ['/v1/first-event', firstEvent(new URL('http://127.0.0.1:8080'), Date.parse(now))],
    ['/v1/history/meta', { zone: summary.zone, today: days.at(-1), currencies: [] }],
    ['/v1/history/mrr', history({ ...moved, mrr: '1200', customers: 14, arpa: '85.71' }, mrr)],
    ['/v1/history/churn', history(gained, gained)],
    ['/v1/history/filters', { owners: ['', 'ada', 'grace'], segments: ['mid_market', 'smb'] }],
    ['/v1/history/moved', history(moved, moved)],
    ['/v1/history/cancellations', history(canceled, canceled)],
    ['/v1/history/committed', history(pending, pending)],
    ['/v1/history/past-due', history(unpaid, unpaid)],
    ['/v1/history/shoppers', history(shoppers, shoppers)],
    ['/v1/history/responses', { channels: [response] }],
    ['/v1/history/invitations', { invitations: [invitation] }],
    ['/v1/history/carts', { ...history(carts, carts), value }],
    ['/v1/history/mentions', history(mentions, mentions)],
    ['/v1/history/contacts', { grain: 'day', rows: [], channels: [channel] }],
    ['/v1/history/nps', { touchpoints: [touchpoint], persons: [person] }],
    ['/v1/history/freshness', { families: [freshness], imbalances: 0 }],
    ['/v1/history/movements', { total: { movements: 1, customers: 1, amount: '90' }, rows: [movement] }],
    ['/v1/history/customer', { customer_id: 'cus_1', ...customer }],
    ['/v1/pipeline', { state: pipeline, samples: [{ at: Date.now() - 2_000, events_per_second: 1 }] }],
    ['/v1/alerts', { alerts: [] }],
    ['/v1/rules', { rules: [rule] }],
    ['/v1/silences', { silences: [] }],
  ]);
}

function history<Row, Total>(row: Row, total: Total): rows.History<Row & { period: string }, Total> {
  return { grain: 'day', rows: days.map((period) => ({ ...row, period })), total, before: total };
}

const channel: rows.ChannelRow = {
  channel: 'chat',
  opened: 4,
  opened_before: 5,
  resolved: 3,
  backlog: 2,
  average_resolution_seconds: 4_000,
  average_resolution_working_seconds: 1_500,
  average_first_resolution_seconds: 3_000,
  fcr_rate: 0.5,
};
const response: rows.ResponseRow = {
  channel: 'chat',
  cases: 4,
  responded: 3,
  unanswered: 1,
  average_first_response_seconds: 900,
  average_first_response_working_seconds: 600,
};
const invitation: rows.InvitationsRow = {
  instrument: 'nps',
  touchpoint: 'relationship',
  sent: 40,
  answered: 10,
  dismissed: 6,
  response_rate: 0.25,
  response_rate_before: 0.3,
};
const person: rows.PersonsRow = { touchpoint: 'relationship', respondents: 8, nps: 25 };
const touchpoint: rows.NpsRow = {
  touchpoint: 'relationship',
  responses: 10,
  promoters: 6,
  passives: 2,
  detractors: 2,
  nps: 40,
  nps_before: 30,
};
const freshness: rows.FreshnessRow = {
  family: 'cart',
  data_through: now,
  last_received_at: now,
  received: 100,
  duplicates: 1,
  late: 2,
  dead_lettered: 1,
};
const movement: rows.MovementRow = {
  occurred_at: now,
  customer_id: 'cus_1',
  currency: 'EUR',
  movement: 'new',
  amount: '90',
  plan_id: 'team',
  owner: 'ada',
  segment: 'mid_market',
  country: 'DK',
  reason: '',
  event_id: 'evt_1',
};
const value: rows.CustomerValueRow = {
  currency: 'EUR',
  mrr: '90',
  recurring_revenue_to_date: '180',
  purchases: 1,
  revenue: '20',
  value_to_date: '200',
};
const customer = { value: [value, { ...value, currency: 'DKK' }], health: null, movements: [movement] };
const rule = {
  name: 'churn-spike',
  title: 'More customers lost than usual',
  runbook: 'churn-spike.md',
  suppressed: null,
};

/** An alert as the alerts service answers it. */
export function alertOf(id: string, status: 'firing' | 'resolved', at: string): object {
  return {
    id,
    rule: rule.name,
    labels: {},
    severity: 'page',
    status,
    worst: { from: at, to: at, unit: 'count', value: 45, expected: 1, below: false },
    contributors: [{ dimension: 'plan', value: 'team', amount: 40 }],
    customers: ['cus_1', 'cus_2'],
    pendingAt: at,
    firedAt: at,
    outcome: status === 'resolved' ? 'ended' : null,
    acknowledged: null,
    timeline: [{ at, text: 'Seen first.' }],
  };
}
