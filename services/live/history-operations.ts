/** The operations below `/v1/history`; the compiler checks that they name the columns that the rows have. */
import {
  answer,
  listOf,
  objectOf,
  type Operation,
  type Parameter,
  type Part,
  problemAnswer,
} from '@tidemark/service/openapi';
import { movementKinds } from './history.ts';
import type * as rows from './history-rows.ts';

const text: Part = { type: 'string' };
const day: Part = { type: 'string', format: 'date' };
const instant: Part = { type: 'string', format: 'date-time' };
const decimal: Part = {
  type: 'string',
  pattern: String.raw`^-?\d+(\.\d{1,6})?$`,
  description: 'Money in the major unit of the currency, exact.',
};
const count: Part = {
  type: ['integer', 'string'],
  description: 'How many; text where a number would not be exact.',
};
const figure: Part = { type: ['number', 'null'], description: 'Null when it cannot be computed.' };
const orNull = (part: Part): Part => ({ ...part, type: [part['type'], 'null'].flat() });

/** A row with a part for each of its columns. */
const rowOf = <Row>(columns: ColumnsOf<Row>): Part => objectOf(columns);
type ColumnsOf<Row> = { readonly [column in keyof Row]: Part } & { readonly [column: string]: Part };
const counts = <Name extends string>(...names: readonly Name[]): { readonly [name in Name]: Part } =>
  Object.fromEntries(names.map((name) => [name, count])) as { [name in Name]: Part };
const moneys = <Name extends string>(...names: readonly Name[]): { readonly [name in Name]: Part } =>
  Object.fromEntries(names.map((name) => [name, decimal])) as { [name in Name]: Part };

const movements = moneys(...movementKinds);
const mrr = { ...movements, customers: count, arpa: orNull(decimal) };
const churn = {
  ...counts(
    'customers_at_start',
    'customers_new',
    'customers_reactivated',
    'customers_lost',
    'customers_at_end',
    'lost_voluntary',
    'lost_involuntary',
  ),
  churn_rate: figure,
};
const cancellations = {
  ...counts('scheduled', 'taken_back', 'voluntary', 'involuntary'),
  ...moneys('scheduled_mrr', 'taken_back_mrr'),
};
const committed = moneys('mrr', 'pending_churn', 'pending_change', 'committed_mrr');
const pastDue = {
  ...counts('entered', 'recovered', 'ended', 'past_due_subscriptions'),
  past_due_mrr: decimal,
};
const shoppers = { ...counts('shoppers', 'converted', 'abandoned', 'open'), abandonment_rate: figure };
const carts = { ...counts('carts', 'converted', 'recovered', 'abandoned', 'open'), abandonment_rate: figure };
const mentions = {
  ...counts('mentions', 'positive', 'neutral', 'negative', 'unknown', 'reach'),
  net_sentiment: figure,
};

const grain: Part = { enum: ['day', 'week', 'month'], description: 'How long the period of a row is.' };
const orNone = (part: Part, description: string): Part => ({ anyOf: [part, { type: 'null' }], description });

/** Rows by period, the total, and that of the period compared with. */
const history = (row: Part, total: Part): { readonly [name: string]: Part } => ({
  grain,
  rows: listOf(row),
  total: orNone(total, 'Over the whole period; null without data.'),
  before: orNone(total, 'Over the period compared with; null where the history does not reach.'),
});

/** The days that are asked for. */
export const period: readonly Parameter[] = ['from', 'to'].map((name) => ({
  name,
  in: 'query',
  required: true,
  description: `The ${name === 'from' ? 'first' : 'last'} day, in the reporting zone; at most 1,100 days in all.`,
  schema: day,
}));
const against: Parameter = {
  name: 'against',
  in: 'query',
  description:
    'The first day of the period compared with, which is as long and ends before `from`; left out, the one right before.',
  schema: day,
};
const compared: readonly Parameter[] = [...period, against];
const currency: Parameter = {
  name: 'currency',
  in: 'query',
  required: true,
  description: 'ISO 4217 code; amounts of several are never added up.',
  schema: { type: 'string', pattern: '^[A-Z]{3}$' },
};
const customers: readonly Parameter[] = ['owner', 'segment'].map((name) => ({
  name,
  in: 'query',
  description: `Those of customers with this ${name}; an empty text for customers without, left out for all.`,
  schema: { type: 'string', maxLength: 256 },
}));
const number = (name: string, description: string, schema: Part): Parameter => ({
  name,
  in: 'query',
  description,
  schema: { type: 'integer', ...schema },
});

const problem = objectOf({ code: text, message: text });
const failures = {
  400: answer(
    'A parameter is wrong; `field` names it.',
    objectOf({ message: text, field: text, code: text }, ['field', 'code']),
  ),
  429: problemAnswer('More than 600 requests a minute.'),
  503: answer('ClickHouse is away, refused, or none is set (`history.off`).', problem),
};

/** An operation that reads from ClickHouse. */
export function read(
  operationId: string,
  summary: string,
  properties: { readonly [name: string]: Part },
  parameters: readonly Parameter[] = [],
): Operation {
  return {
    operationId,
    summary,
    tags: ['history'],
    parameters,
    responses: { 200: answer('Read from the views.', objectOf(properties)), ...failures },
  };
}

const inCurrency = [...compared, currency];
const movement = rowOf<rows.MovementRow>({
  occurred_at: instant,
  customer_id: text,
  currency: text,
  movement: { enum: movementKinds },
  amount: decimal,
  plan_id: text,
  owner: text,
  segment: text,
  country: text,
  reason: text,
  event_id: { ...text, description: 'The event behind it; empty for the passing of time.' },
});
const perPeriod = <Total>(columns: ColumnsOf<Total>): Part => objectOf({ period: day, ...columns });

/** By the path below `/v1/history`. */
export const historyOperations: { readonly [path: string]: Operation } = {
  '/meta': read('getHistoryMeta', 'Zone, today, currencies', {
    zone: text,
    today: day,
    currencies: listOf(rowOf<rows.CurrencyRow>({ currency: text, customers: count, first_day: day })),
  }),
  '/filters': read('getFilters', 'Owners and segments to filter by', {
    owners: listOf({ ...text, description: 'Empty for customers without.' }),
    segments: listOf({ ...text, description: 'Empty for customers without.' }),
  }),
  '/mrr': read(
    'getMrr',
    'MRR and its movements',
    history(
      perPeriod<Omit<rows.MrrRow, 'period'>>({ ...mrr, mrr: decimal }),
      rowOf<rows.MrrTotal>({ ...mrr, opening: decimal, closing: decimal }),
    ),
    inCurrency,
  ),
  '/moved': read(
    'getMovementSums',
    'Movements of MRR added up, of all customers or of those of an owner or a segment',
    {
      grain,
      rows: listOf(perPeriod<rows.Movements>(movements)),
      total: orNone(rowOf<rows.Movements>(movements), 'Over the whole period; null when nothing moved.'),
    },
    [...period, currency, ...customers],
  ),
  '/churn': read(
    'getChurn',
    'Customers who came and went; of an owner or of a segment, not of both, by whole months and compared with nothing',
    history(perPeriod<rows.ChurnTotal>(churn), rowOf<rows.ChurnTotal>(churn)),
    [...compared, ...customers],
  ),
  '/cancellations': read(
    'getCancellations',
    'Cancellations announced and withdrawn',
    history(perPeriod<rows.CancellationsTotal>(cancellations), rowOf<rows.CancellationsTotal>(cancellations)),
    inCurrency,
  ),
  '/committed': read(
    'getCommittedMrr',
    'MRR as it will be once all that is pending has come',
    history(perPeriod<rows.CommittedTotal>(committed), rowOf<rows.CommittedTotal>(committed)),
    inCurrency,
  ),
  '/past-due': read(
    'getPastDue',
    'Subscriptions past due',
    history(perPeriod<rows.PastDueTotal>(pastDue), rowOf<rows.PastDueTotal>(pastDue)),
    inCurrency,
  ),
  '/carts': read(
    'getCarts',
    'What became of the carts created',
    {
      ...history(perPeriod<rows.CartsTotal>(carts), rowOf<rows.CartsTotal>(carts)),
      value: orNone(
        rowOf<rows.CartValue>(moneys('abandoned_value', 'recovered_value', 'converted_value')),
        'What they were worth.',
      ),
    },
    inCurrency,
  ),
  '/shoppers': read(
    'getShoppers',
    'What became of the customers who filled carts',
    history(perPeriod<rows.ShoppersTotal>(shoppers), rowOf<rows.ShoppersTotal>(shoppers)),
    compared,
  ),
  '/contacts': read(
    'getContacts',
    'Support cases',
    {
      grain,
      rows: listOf(rowOf<rows.ContactsRow>({ period: day, ...counts('opened', 'resolved') })),
      channels: listOf(
        rowOf<rows.ChannelRow>({
          channel: text,
          ...counts('opened', 'resolved', 'backlog'),
          opened_before: orNull(count),
          average_resolution_seconds: figure,
          average_resolution_working_seconds: figure,
          average_first_resolution_seconds: figure,
          fcr_rate: figure,
        }),
      ),
    },
    compared,
  ),
  '/responses': read(
    'getFirstResponses',
    'First responses to support cases',
    {
      channels: listOf(
        rowOf<rows.ResponseRow>({
          channel: text,
          ...counts('cases', 'responded', 'unanswered'),
          average_first_response_seconds: figure,
          average_first_response_working_seconds: figure,
        }),
      ),
    },
    compared,
  ),
  '/mentions': read(
    'getMentions',
    'Mentions by sentiment',
    history(perPeriod<rows.MentionsTotal>(mentions), rowOf<rows.MentionsTotal>(mentions)),
    compared,
  ),
  '/nps': read(
    'getNps',
    'Net promoter score by touchpoint',
    {
      touchpoints: listOf(
        rowOf<rows.NpsRow>({
          touchpoint: text,
          ...counts('responses', 'promoters', 'passives', 'detractors'),
          nps: figure,
          nps_before: figure,
        }),
      ),
      persons: listOf(rowOf<rows.PersonsRow>({ touchpoint: text, respondents: count, nps: figure })),
    },
    compared,
  ),
  '/invitations': read(
    'getInvitations',
    'Invitations to surveys',
    {
      invitations: listOf(
        rowOf<rows.InvitationsRow>({
          instrument: text,
          touchpoint: text,
          ...counts('sent', 'answered', 'dismissed'),
          response_rate: figure,
          response_rate_before: figure,
        }),
      ),
    },
    compared,
  ),
  '/movements': read(
    'listMovements',
    'Movements of MRR with the events behind them, the biggest first',
    {
      total: rowOf<rows.MovementsTotal>({ ...counts('movements', 'customers'), amount: decimal }),
      rows: listOf(movement),
    },
    [
      ...period,
      currency,
      {
        name: 'movement',
        in: 'query',
        description: 'Those of one kind; left out, all.',
        schema: { enum: movementKinds },
      },
      ...customers,
      number('limit', 'How many at most.', { minimum: 1, maximum: 500, default: 100 }),
      number('offset', 'How many are passed over.', { minimum: 0, maximum: 100_000, default: 0 }),
    ],
  ),
  '/customer': read(
    'getCustomer',
    'What is known of one customer',
    {
      customer_id: text,
      value: listOf(
        rowOf<rows.CustomerValueRow>({
          currency: text,
          purchases: count,
          ...moneys('mrr', 'recurring_revenue_to_date', 'revenue', 'value_to_date'),
        }),
      ),
      health: orNone(
        rowOf<rows.CustomerHealthRow>({
          health: figure,
          usage: figure,
          satisfaction: figure,
          support: figure,
          payment: figure,
          growth: figure,
          band: text,
        }),
        'Null for a customer nothing is known of.',
      ),
      movements: listOf(movement),
    },
    [
      {
        name: 'id',
        in: 'query',
        required: true,
        description: "The customer's id.",
        schema: { type: 'string', minLength: 1, maxLength: 256 },
      },
    ],
  ),
  '/freshness': read('getFreshness', 'How far each family is counted', {
    families: listOf(
      rowOf<rows.FreshnessRow>({
        family: text,
        data_through: instant,
        last_received_at: orNull(instant),
        ...counts('received', 'duplicates', 'late', 'dead_lettered'),
      }),
    ),
    imbalances: {
      ...orNull(count),
      description: 'Rows of audit_imbalances: 0 when all is right, null while it is not known.',
    },
  }),
};

/** `GET /v1/restatements`. */
export const restatementsOperation: Operation = read(
  'getRestatements',
  'What changed in a view between two instants, and why',
  {
    view: text,
    since: instant,
    until: instant,
    causes: listOf(text),
    cells: listOf(
      objectOf({
        key: { type: 'object', description: 'The columns that name the row.' },
        column: text,
        before: { type: ['string', 'number', 'null'] },
        after: { type: ['string', 'number', 'null'] },
        difference: { type: ['string', 'number', 'null'] },
        causes: {
          type: 'object',
          description: 'How much each cause changed; they add up to the difference.',
        },
      }),
    ),
  },
  [
    { name: 'view', in: 'query', required: true, description: 'The name of a view.', schema: text },
    {
      name: 'since',
      in: 'query',
      required: true,
      description: 'What was known then is where the change begins.',
      schema: instant,
    },
    {
      name: 'until',
      in: 'query',
      description: 'At most now; a minute ago when left out.',
      schema: instant,
    },
    ...period.map((one) => ({ ...one, required: false })),
  ],
);
