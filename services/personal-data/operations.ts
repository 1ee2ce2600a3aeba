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
import { customersMax, idLengthMax } from './ids.ts';

const text: Part = { type: 'string' };
const count: Part = { type: 'integer', minimum: 0 };
const instant: Part = { type: 'string', format: 'date-time' };
const orNull = (part: Part): Part => ({ anyOf: [part, { type: 'null' }] });

const certificate = objectOf({
  id: text,
  customers: count,
  entities: {
    ...count,
    description:
      'Histories that were put under pseudonyms; 0 for a run that went on with one that had done so.',
  },
  erased_at: instant,
  places: listOf(
    objectOf({
      place: text,
      searched: count,
      unit: { enum: ['bytes', 'rows'] },
      found_before: orNull({
        ...count,
        description: 'Null when an earlier run, which was cut off, had searched.',
      }),
      found_after: count,
      gone_by: orNull({
        ...instant,
        description: 'Until when the bytes themselves are gone from the disks.',
      }),
    }),
  ),
  not_searched: listOf(objectOf({ place: text, why: text })),
  not_rebuilt: listOf(text),
});

const running = objectOf({
  id: text,
  status: { const: 'running' },
  customers: count,
  step: text,
  place: orNull(text),
  trouble: orNull({ ...text, description: 'Why it was cut off the last time; it is gone on with.' }),
});
const done = objectOf({ id: text, status: { const: 'done' }, certificate: ref('Certificate') });

const erasures = { tags: ['erasures'] } as const;

/** The operations of the personal-data service by what they do. */
export const operations = {
  begin: {
    ...erasures,
    operationId: 'beginErasure',
    summary: 'Erase customers; their numbers go on under pseudonyms',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: objectOf({
            customer_ids: {
              type: 'array',
              minItems: 1,
              maxItems: customersMax,
              items: { type: 'string', minLength: 1, maxLength: idLengthMax },
            },
          }),
        },
      },
    },
    responses: {
      202: answer('It has begun, and will be done.', objectOf({ id: text, customers: count })),
      400: problemAnswer('Something is wrong; the message names the field and the fix.'),
      409: problemAnswer('It cannot begin now; the message says why.'),
      413: problemAnswer('The body has too many bytes.'),
      415: problemAnswer('The body is not application/json.'),
      503: problemAnswer('Kafka or ClickHouse does not answer.'),
    },
  },
  list: {
    ...erasures,
    operationId: 'listErasures',
    summary: 'Erasures: the one under way, and those that are done',
    responses: {
      200: answer('Erasures.', objectOf({ erasures: listOf({ anyOf: [ref('Running'), ref('Done')] }) })),
    },
  },
  get: {
    ...erasures,
    operationId: 'getErasure',
    summary: 'An erasure: what it does, or its certificate',
    responses: {
      200: answer('The erasure.', { anyOf: [ref('Running'), ref('Done')] }),
      404: problemAnswer('There is none with this id.'),
    },
  },
} as const satisfies { readonly [name: string]: Operation };

/** What the document says beside the routes. */
export const personalDataApiInfo: ApiInfo = {
  title: 'Tidemark personal data',
  description: 'Erasures of customers, and their certificates.',
  needsToken: () => true,
  token: 'The token PERSONAL_DATA_TOKEN.',
  schemas: { Certificate: certificate, Running: running, Done: done },
};
