import { eventBytesMax } from '@tidemark/events/codec';
import { families } from '@tidemark/events/families';
import { publishedSchemaOf, type JsonSchema } from '@tidemark/events/json-schema';
import { specs } from '@tidemark/events/schema';
import { isLoopback } from '@tidemark/service/guard';
import {
  answer,
  type ApiInfo,
  objectOf,
  type Operation,
  problemAnswer,
  ref,
  retryAfter,
} from '@tidemark/service/openapi';

/** `cart.item_added` → `cart_item_added`: a component's name has no room for dots in some tools. */
const componentOf = (type: string): string => type.replaceAll('.', '_');
const content = (schema: JsonSchema, ...types: readonly string[]): JsonSchema =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

/** A message about one event of the request. */
const remark = (path: string, message: string): JsonSchema => ({
  type: 'object',
  required: ['index', 'event_id', 'path', 'message'],
  properties: {
    index: { type: 'integer', minimum: 0, description: 'Position in the list.' },
    event_id: { type: ['string', 'null'], description: 'Null when it could not be read.' },
    path: { type: 'string', description: path },
    message: { type: 'string', description: message },
  },
});

const verdicts: JsonSchema = {
  type: 'object',
  required: ['accepted', 'rejected'],
  properties: {
    accepted: { type: 'integer', minimum: 0, description: 'Events that Kafka has acknowledged.' },
    rejected: {
      type: 'array',
      items: remark(
        'JSON path of the fault, relative to the event.',
        'What is wrong, and how to correct it.',
      ),
    },
    rejected_omitted: {
      type: 'integer',
      minimum: 1,
      description: 'How many rejected events are not in the list, which has at most 1,000. Absent for none.',
    },
    warnings: {
      type: 'array',
      minItems: 1,
      description: 'Accepted events with something in them that will have no effect. Absent for none.',
      items: remark(
        'JSON path of what has no effect, relative to the event.',
        'Why, and what to send instead.',
      ),
    },
    warnings_omitted: {
      type: 'integer',
      minimum: 1,
      description: 'How many of those events are not in the list, which has at most 1,000. Absent for none.',
    },
  },
};

const responses = {
  202: answer('At least one event is accepted, and acknowledged by Kafka with acks=all.', ref('Verdicts')),
  400: answer('Nothing in the body was acceptable.', { anyOf: [ref('Verdicts'), ref('Problem')] }),
  403: answer('The key may not publish these families.', { anyOf: [ref('Verdicts'), ref('Problem')] }),
  413: problemAnswer('The body has too many bytes, or too many events.'),
  415: problemAnswer('The content type or encoding is not read.'),
  429: problemAnswer('Over the rate, or Kafka can not keep up.', retryAfter),
  503: problemAnswer('Kafka is away. Send again: an event counts once.', retryAfter),
};

const cloudEvent: JsonSchema = {
  type: 'object',
  required: ['specversion', 'id', 'type', 'source', 'time', 'data'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', description: 'The event_id.' },
    type: { type: 'string', description: 'The event type, e.g. cart.created.' },
    source: { type: 'string', description: 'The publishing system.' },
    time: { type: 'string', format: 'date-time', description: 'The occurred_at.' },
    sequence: { type: 'string', description: 'The sequence, where numeric.' },
    data: { type: 'object', description: "The event's own fields." },
  },
};

function eventSchemas(): JsonSchema {
  const all = families.flatMap((family) =>
    specs[family].types.map((type) => [componentOf(type.type), publishedSchemaOf(specs[family], type)]),
  );
  return Object.fromEntries(all) as JsonSchema;
}

/** `POST /v1/events`. */
export const publishOperation: Operation = {
  operationId: 'publishEvents',
  summary: 'Publish events',
  tags: ['events'],
  description: [
    'One event, a JSON array, NDJSON, or CloudEvents 1.0, plain or gzip. Each event is judged by itself.',
    `Encoded as Avro an event has at most ${eventBytesMax} bytes.`,
    'Instants begin with 1970-01-01T00:00:00Z; a number is milliseconds since then.',
  ].join(' '),
  parameters: [
    {
      name: 'strict',
      in: 'query',
      schema: { enum: ['true', 'false', '1', '0'], default: 'false' },
      description: 'Whether an unknown field is an error.',
    },
  ],
  requestBody: {
    required: true,
    content: {
      ...content({ oneOf: [ref('Event'), { type: 'array', items: ref('Event') }] }, 'application/json'),
      ...content({ type: 'string', description: 'An event a line.' }, 'application/x-ndjson'),
      ...content(ref('CloudEvent'), 'application/cloudevents+json'),
      ...content({ type: 'array', items: ref('CloudEvent') }, 'application/cloudevents-batch+json'),
    },
  },
  responses,
};

const sentences: JsonSchema = { type: 'array', items: { type: 'string' } };
const readiness = objectOf({ ready: { type: 'boolean' }, waiting_for: sentences, warnings: sentences });

/** `GET /ready`. */
export const readyOperation: Operation = {
  operationId: 'getReady',
  summary: 'Whether Kafka can be written to',
  tags: ['operation'],
  isOpen: true,
  responses: {
    200: answer('It can.', readiness),
    503: answer('It can not; the body says why.', readiness),
  },
};

/**
 * What the collector's document says beside its routes; its schemas are those by which events are judged.
 *
 * @param host The address it listens on: the documents of a collector on loopback are open to this machine.
 */
export function collectorApi(host: string): ApiInfo {
  const events = eventSchemas();
  const names = Object.keys(events);
  const mapping = families.flatMap((family) =>
    specs[family].types.map(({ type }) => [type, `#/components/schemas/${componentOf(type)}`]),
  );
  return {
    title: 'Tidemark collector',
    description: 'Takes events of customers, for their metrics, and answers as a schema registry.',
    needsToken: ({ tags }) => ['events', 'segment'].includes(tags[0]) || !isLoopback(host),
    token:
      'An API key of COLLECTOR_KEYS. The registry and the documents also take it as the password of Basic.',
    schemas: {
      Event: {
        oneOf: names.map(ref),
        discriminator: { propertyName: 'type', mapping: Object.fromEntries(mapping) as object },
      },
      CloudEvent: cloudEvent,
      Verdicts: verdicts,
      RegistryFault: objectOf({
        error_code: { type: 'integer', description: "As in Confluent's registry, e.g. 40401." },
        message: { type: 'string', description: 'What is wrong, and how to correct it.' },
      }),
      ...events,
    },
  };
}
