import {
  answer,
  type ApiInfo,
  listOf,
  objectOf,
  type Operation,
  type Parameter,
  type Part,
  problemAnswer,
} from '@tidemark/service/openapi';

const text: Part = { type: 'string' };
const instant: Part = { type: 'string', format: 'date-time' };
const number: Part = { type: 'number' };
const numberOrNull: Part = { type: ['number', 'null'] };
const value: Part = {
  type: ['integer', 'string'],
  description: 'A count; money as decimal text; a count as text where a number would not be exact.',
};
const live = { tags: ['live'] } as const;
const session = { tags: ['session'] } as const;
const wrong = { 400: problemAnswer('Something is wrong; the message names the field and the fix.') };

const boundary = (name: string, words: string): Parameter => ({
  name,
  in: 'query',
  description: `${words}, an instant.`,
  schema: instant,
});

const churn = objectOf({
  customers_at_start: value,
  customers_lost: value,
  customers_new: value,
  customers_reactivated: value,
  churn_rate: numberOrNull,
  cancellations_scheduled: value,
  cancellations_taken_back: value,
  mrr_lost: listOf(objectOf({ currency: text, amount: text })),
});

const summary = objectOf({
  as_of: instant,
  zone: text,
  customers: value,
  recurring: listOf(
    objectOf({ currency: text, mrr: text, customers: value, arpa: { type: ['string', 'null'] } }),
  ),
  churn: objectOf({ today: churn, month: churn }),
  carts: objectOf({
    last_hour: objectOf({
      created: value,
      converted: value,
      recovered: value,
      abandoned: value,
      outcome_abandonment_rate: numberOrNull,
    }),
  }),
  contacts: listOf(objectOf({ channel: text, opened_today: value, resolved_today: value, backlog: value })),
  sales_today: listOf(objectOf({ currency: text, purchases: value, revenue: text, refunds: text })),
  mentions_today: listOf(objectOf({ sentiment: text, mentions: value })),
});

const pipeline = objectOf({
  as_of: instant,
  kafka: { enum: ['up', 'away'] },
  kafka_since: { type: ['string', 'null'], format: 'date-time' },
  clickhouse: { enum: ['up', 'away', 'off'] },
  events_per_second: numberOrNull,
  families: listOf(objectOf({ family: text, events_per_second: number })),
  processor_lag: numberOrNull,
  sink_lag: numberOrNull,
});

/** The operations of the live service beside those of the history, by what they do. */
export const operations = {
  ready: {
    operationId: 'getReady',
    summary: 'Whether the counters are read',
    tags: ['operation'],
    isOpen: true,
    responses: {
      200: answer('They are.', objectOf({ status: { const: 'ok' } })),
      503: answer('Not yet.', objectOf({ status: { const: 'starting' }, message: text })),
    },
  },
  listSeries: {
    ...live,
    operationId: 'listSeries',
    summary: 'Names of the live series, with their dimensions',
    responses: {
      200: answer(
        'By name.',
        objectOf({
          bucket_ms: { type: 'integer' },
          series: { type: 'object', additionalProperties: listOf(text) },
        }),
      ),
    },
  },
  firstEvent: {
    ...live,
    operationId: 'getFirstEvent',
    summary: 'How a first event is published, for who has none yet',
    responses: { 200: answer('A command for a shell.', objectOf({ command: text, note: text })) },
  },
  listDefinitions: {
    ...live,
    operationId: 'listDefinitions',
    summary: 'The definitions, each with the version by which it is counted',
    description:
      'A version is the number of the rules and the settings in them. It is null until a processor has published it.',
    responses: {
      200: answer(
        'By name.',
        objectOf({
          generation: { type: 'integer' },
          definitions: listOf(
            objectOf({
              name: text,
              version: { type: ['string', 'null'] },
              series: listOf(text),
              views: listOf(text),
            }),
          ),
        }),
      ),
    },
  },
  summary: {
    ...live,
    operationId: 'getSummary',
    summary: 'The figures of this moment',
    description: 'Known without ClickHouse. Rates are fractions, money is decimal text in the major unit.',
    responses: { 200: answer('As of now.', summary) },
  },
  counter: {
    ...live,
    operationId: 'getSeries',
    summary: 'A live series over a time',
    parameters: [
      boundary('from', 'The start; left out, the beginning'),
      boundary('to', 'The end, exclusive; left out, now'),
      {
        name: 'by',
        in: 'query',
        description: 'A row for each quarter hour; left out, one for the whole time.',
        schema: { enum: ['bucket'] },
      },
    ],
    responses: {
      200: answer(
        'Rows by dimensions.',
        objectOf({
          name: text,
          dimensions: listOf(text),
          from: instant,
          to: instant,
          rows: listOf(objectOf({ value, bucket: instant }, ['bucket'])),
        }),
      ),
      ...wrong,
      404: problemAnswer('There is no such series; the message names those there are.'),
    },
  },
  pipeline: {
    ...live,
    operationId: 'getPipeline',
    summary: 'How the pipeline fares',
    responses: {
      200: answer(
        'State, and the rate of the last minutes.',
        objectOf({
          state: { anyOf: [pipeline, { type: 'null' }] },
          samples: listOf(objectOf({ at: number, events_per_second: number })),
        }),
      ),
    },
  },
  stream: {
    ...live,
    operationId: 'streamFigures',
    summary: 'Figures as they change, as server-sent events',
    description:
      'Events `summary` (as getSummary, with `ready`) and `pipeline` (the state of getPipeline). It does not end.',
    responses: { 200: { description: 'Server-sent events.', content: { 'text/event-stream': {} } } },
  },
  mcp: {
    operationId: 'callMcp',
    summary: 'The Model Context Protocol, for assistants',
    description: 'Streamable HTTP without sessions: JSON-RPC as the specification of MCP has it.',
    tags: ['mcp'],
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
    responses: {
      200: answer('An answer of JSON-RPC.', { type: 'object' }),
      202: { description: 'A notification was taken.' },
      400: answer('No request of the protocol.', { type: 'object' }),
      404: answer('No such method.', { type: 'object' }),
      406: answer('The header Accept has not what is sent.', { type: 'object' }),
      413: answer('The body has too many bytes.', { type: 'object' }),
      415: answer('The body is not application/json.', { type: 'object' }),
    },
  },
  logIn: {
    ...session,
    operationId: 'logIn',
    summary: 'Begin a session of the dashboard',
    isOpen: true,
    requestBody: { required: true, content: { 'application/json': { schema: objectOf({ token: text }) } } },
    responses: {
      204: { description: 'The cookie of the session is set.' },
      ...wrong,
      401: problemAnswer('That is not the token.'),
      413: problemAnswer('The body has too many bytes.'),
      415: problemAnswer('The body is not application/json.'),
      429: problemAnswer('Too many wrong tokens.'),
    },
  },
  logOut: {
    ...session,
    operationId: 'logOut',
    summary: 'End the session',
    responses: { 204: { description: 'It has ended.' }, ...wrong },
  },
} as const satisfies { readonly [name: string]: Operation };

/** An operation of the alerts service, which this one passes on; that one's document describes it. */
export function passedOn(operationId: string, title: string): Operation {
  const asThere = (description: string): Part => answer(description, { type: 'object' });
  return {
    operationId,
    summary: title,
    description: 'Passed on to the alerts service: its /openapi.json says what it takes and answers.',
    tags: ['alerts service'],
    responses: {
      200: asThere('As the alerts service answers.'),
      201: asThere('Made.'),
      202: asThere('Stored.'),
      ...wrong,
      404: problemAnswer('There is none.'),
      409: problemAnswer('It is over already.'),
      413: problemAnswer('The body has too many bytes.'),
      415: problemAnswer('The body is not application/json.'),
      503: answer(
        'There is no alerts service, or it does not answer.',
        objectOf({ code: text, message: text }),
      ),
    },
  };
}

/** What the document says beside the routes. */
export function liveApiInfo(isGuarded: boolean): ApiInfo {
  return {
    title: 'Tidemark live',
    description: 'The figures of this moment, and the history read from the views.',
    needsToken: () => isGuarded,
    token: 'The token LIVE_TOKEN. A browser has the cookie of a session instead.',
    schemas: {},
  };
}
