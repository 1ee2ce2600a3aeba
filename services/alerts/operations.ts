import {
  answer,
  type ApiInfo,
  listOf,
  objectOf,
  type Operation,
  type Part,
  problemAnswer,
  ref,
} from '@tidemark/service/openapi';

const text: Part = { type: 'string' };
const number: Part = { type: 'number' };
const instant: Part = { type: 'string', format: 'date-time' };
const orNull = (type: string): Part => ({ type: [type, 'null'] });
const instantOrNull: Part = { type: ['string', 'null'], format: 'date-time' };
const severity: Part = { enum: ['page', 'ticket'] };
const labels: Part = { type: 'object', additionalProperties: text };

const finding = objectOf(
  {
    labels,
    from: instant,
    to: instant,
    unit: {
      enum: ['count', 'money', 'share', 'points', 'duration'],
      description:
        'Of value, expected and limit. Money is in micros of the label currency, a duration in milliseconds, a share and points are fractions.',
    },
    value: number,
    expected: { ...number, description: 'What is usual; for a threshold, its limit.' },
    limit: number,
    below: { type: 'boolean', description: 'Whether beyond the limit means below it.' },
    chance: { ...number, description: 'Of such a value on a usual day; absent where it is unknown.' },
  },
  ['chance'],
);

const alert = objectOf({
  id: text,
  rule: text,
  labels,
  severity,
  status: { enum: ['pending', 'firing', 'resolved'] },
  incident: orNull('string'),
  finding: { ...finding, description: 'Of the last evaluation that found something.' },
  worst: { ...finding, description: 'The largest since it began.' },
  contributors: listOf(objectOf({ dimension: text, value: text, amount: number })),
  customers: { ...listOf(text), description: 'Those behind the finding, as far as they are known.' },
  pendingAt: instant,
  firedAt: instantOrNull,
  keepFiringSince: instantOrNull,
  resolvedAt: instantOrNull,
  outcome: { enum: ['ended', 'retracted', null] },
  acknowledged: { anyOf: [objectOf({ at: instant, by: text, note: text }), { type: 'null' }] },
  timeline: listOf(objectOf({ at: instant, type: text, text })),
});

const silence = objectOf({
  id: text,
  rule: text,
  labels,
  from: instant,
  until: instant,
  by: text,
  reason: text,
});

const rule = objectOf({
  name: text,
  title: text,
  severity,
  group: text,
  runbook: text,
  kind: text,
  suppressed: { ...orNull('string'), description: 'Why it cannot decide now; null when it can.' },
});

const delivery = objectOf({
  id: text,
  receiver: text,
  status: { enum: ['waiting', 'dead'] },
  attempts: { type: 'integer' },
  lastReason: orNull('string'),
  kind: { enum: ['firing', 'escalated', 'repeated', 'resolved'] },
  incident: text,
});

const wrong = { 400: problemAnswer('Something is wrong; the message names the field and the fix.') };
/** What an operation with a body answers beside that. */
const wrongBody = {
  ...wrong,
  413: problemAnswer('The body has too many bytes.'),
  415: problemAnswer('The body is not application/json.'),
};
const stored = {
  202: answer('It is stored; no instance leads, so it is carried out later.', ref('Problem')),
};
const unknown = { 404: problemAnswer('There is none with this id.') };
const body = (schema: Part, required = true): Part => ({
  required,
  content: { 'application/json': { schema } },
});
const name: Part = { type: 'string', minLength: 1, maxLength: 500 };
const remark: Part = { type: 'string', maxLength: 500 };

const alerts = { tags: ['alerts'] } as const;
const silences = { tags: ['silences'] } as const;
const deliveries = { tags: ['deliveries'] } as const;

/** The operations of the alerts service by what they do. */
export const operations = {
  listAlerts: {
    ...alerts,
    operationId: 'listAlerts',
    summary: 'Alerts, the latest first',
    parameters: [
      {
        name: 'status',
        in: 'query',
        description: 'Those in this state; left out, all.',
        schema: { enum: ['pending', 'firing', 'resolved'] },
      },
      {
        name: 'limit',
        in: 'query',
        description: 'How many at most.',
        schema: { type: 'integer', minimum: 1, maximum: 1_000, default: 200 },
      },
    ],
    responses: { 200: answer('Alerts.', objectOf({ alerts: listOf(ref('Alert')) })), ...wrong },
  },
  getAlert: {
    ...alerts,
    operationId: 'getAlert',
    summary: 'One alert with its timeline',
    responses: { 200: answer('The alert.', ref('Alert')), ...wrong, ...unknown },
  },
  acknowledge: {
    ...alerts,
    operationId: 'acknowledgeAlert',
    summary: 'Say who looks after an alert',
    requestBody: body(objectOf({ by: name, note: remark }, ['note'])),
    responses: {
      200: answer('The alert.', ref('Alert')),
      ...stored,
      ...wrongBody,
      ...unknown,
      409: problemAnswer('The alert is resolved already.'),
    },
  },
  listSilences: {
    ...silences,
    operationId: 'listSilences',
    summary: 'Silences, past ones included',
    responses: { 200: answer('Silences.', objectOf({ silences: listOf(ref('Silence')) })) },
  },
  silence: {
    ...silences,
    operationId: 'createSilence',
    summary: 'Mute notifications for a time',
    requestBody: body(
      objectOf(
        {
          rule: ref('RuleOrAll'),
          labels: { ...labels, description: 'What the labels of an alert must be.' },
          for: {
            ...text,
            pattern:
              '^([1-9][0-9]{0,9}ms|[1-9][0-9]{0,6}s|[1-9][0-9]{0,4}m|[1-9][0-9]{0,2}h|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])d)$',
            description: 'A duration such as 30m, 2h or 7d, at most a year.',
          },
          by: name,
          reason: remark,
        },
        ['rule', 'labels', 'reason'],
      ),
    ),
    responses: { 201: answer('The silence.', ref('Silence')), ...stored, ...wrongBody },
  },
  unsilence: {
    ...silences,
    operationId: 'endSilence',
    summary: 'End a silence now',
    responses: {
      200: answer('The silence as it ended.', ref('Silence')),
      ...stored,
      ...wrongBody,
      ...unknown,
    },
  },
  listRules: {
    ...alerts,
    operationId: 'listRules',
    summary: 'The rules that are evaluated',
    responses: { 200: answer('Rules.', objectOf({ rules: listOf(rule) })) },
  },
  listDeliveries: {
    ...deliveries,
    operationId: 'listDeliveries',
    summary: 'Notifications that are not delivered',
    responses: { 200: answer('Deliveries.', objectOf({ deliveries: listOf(delivery) })) },
  },
  retryDeliveries: {
    ...deliveries,
    operationId: 'retryDeliveries',
    summary: 'Send dead letters again',
    requestBody: body(
      objectOf({ receiver: { ...orNull('string'), description: 'Those of one receiver; left out, all.' } }, [
        'receiver',
      ]),
      false,
    ),
    responses: {
      200: answer('How many are tried again.', objectOf({ retried: { type: 'integer', minimum: 0 } })),
      ...stored,
      ...wrongBody,
    },
  },
} as const satisfies { readonly [name: string]: Operation };

/** What the document says beside the routes. */
export function alertsApiInfo(isGuarded: boolean, rules: readonly { readonly name: string }[]): ApiInfo {
  return {
    title: 'Tidemark alerts',
    description: 'Alerts with their timelines, acknowledgements, silences, deliveries.',
    needsToken: () => isGuarded,
    token: 'The token ALERTS_TOKEN.',
    schemas: {
      Alert: alert,
      Silence: silence,
      RuleOrAll: {
        enum: ['*', ...rules.map((one) => one.name)],
        description: 'A rule, or * for all.',
        default: '*',
      },
    },
  };
}
