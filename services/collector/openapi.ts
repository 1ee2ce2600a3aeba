import { eventBytesMax } from '@tidemark/events/codec';
import { families } from '@tidemark/events/families';
import { jsonSchemaOf, type JsonSchema } from '@tidemark/events/json-schema';
import { specs } from '@tidemark/events/schema';

/** `cart.item_added` → `cart_item_added`: a component's name has no room for dots in some tools. */
const componentOf = (type: string): string => type.replaceAll('.', '_');
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
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

const problem: JsonSchema = {
  type: 'object',
  required: ['message'],
  properties: { message: { type: 'string', description: 'What is wrong, and how to correct it.' } },
};

const retryAfter: JsonSchema = {
  'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait.' },
};

function answer(description: string, schema: string, headers?: JsonSchema): JsonSchema {
  return { description, ...(headers ? { headers } : {}), content: content(ref(schema), 'application/json') };
}

const responses: JsonSchema = {
  202: answer('At least one event is accepted, and acknowledged by Kafka with acks=all.', 'Verdicts'),
  400: answer('Nothing in the body was acceptable.', 'Verdicts'),
  401: answer('No key, or an unknown one.', 'Problem'),
  403: answer('The key may not publish these families.', 'Verdicts'),
  413: answer('The body has too many bytes, or too many events.', 'Problem'),
  415: answer('The content type or encoding is not read.', 'Problem'),
  429: answer('Over the rate, or Kafka can not keep up.', 'Problem', retryAfter),
  503: answer('Kafka is away. Send again: an event counts once.', 'Problem', retryAfter),
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

/** Replaces the validator's own formats by those of JSON Schema. */
function published(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(published);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key !== 'format') return [[key, published(value)]];
    if (value === 'instant') return [['format', 'date-time']];
    if (value === 'currency') return [['pattern', '^[A-Z]{3}$']];
    return value === 'date' ? [['format', 'date']] : [];
  });
  return Object.fromEntries(entries);
}

function eventSchemas(): JsonSchema {
  const all = families.flatMap((family) =>
    specs[family].types.map((type) => [
      componentOf(type.type),
      published(jsonSchemaOf(specs[family], type, 'json', true)),
    ]),
  );
  return Object.fromEntries(all) as JsonSchema;
}

const publish: JsonSchema = {
  summary: 'Publish events',
  description: [
    'One event, a JSON array, NDJSON, or CloudEvents 1.0, plain or gzip. Each event is judged by itself.',
    `Encoded as Avro an event has at most ${eventBytesMax} bytes.`,
    'Instants begin with 1970-01-01T00:00:00Z; a number is milliseconds since then.',
  ].join(' '),
  security: [{ key: [] }],
  parameters: [
    {
      name: 'strict',
      in: 'query',
      schema: { type: 'boolean', default: false },
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

/** The collector's OpenAPI 3.1 document; its schemas are those by which events are judged. */
export function openApiDocument(): JsonSchema {
  const events = eventSchemas();
  const names = Object.keys(events);
  const mapping = families.flatMap((family) =>
    specs[family].types.map(({ type }) => [type, `#/components/schemas/${componentOf(type)}`]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidemark collector',
      version: '1',
      description: 'Takes events of customers, for their metrics.',
    },
    paths: {
      '/v1/events': { post: publish },
      '/health': { get: { summary: 'Whether it runs', responses: { 200: { description: 'It does.' } } } },
      '/ready': {
        get: {
          summary: 'Whether Kafka can be written to',
          responses: {
            200: { description: 'It can.' },
            503: { description: 'It can not; the body says why.' },
          },
        },
      },
    },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Event: {
          oneOf: names.map(ref),
          discriminator: { propertyName: 'type', mapping: Object.fromEntries(mapping) as object },
        },
        CloudEvent: cloudEvent,
        Verdicts: verdicts,
        Problem: problem,
        ...events,
      },
    },
  };
}
