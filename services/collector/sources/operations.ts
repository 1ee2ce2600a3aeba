import { answer, type Operation, type Part, problemAnswer, ref, retryAfter } from '@tidemark/service/openapi';

/** `POST /v1/sources/<name>`; it is there when there are secrets. */
export function webhookOperation(title: string): Operation {
  return {
    operationId: `take${title}`,
    summary: `Take a delivery of a webhook of ${title}`,
    description: 'The signature stands for a key.',
    tags: ['sources'],
    isOpen: true,
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
    responses: {
      200: answer('Taken; there may be no event in it.', ref('Verdicts')),
      400: answer('It is not what the source documents.', ref('Problem')),
      401: problemAnswer('The signature is missing, wrong or too old.'),
      413: problemAnswer('The body has too many bytes.'),
      429: problemAnswer('Over the rate, or Kafka can not keep up.', retryAfter),
      503: problemAnswer(`Kafka is away. ${title} sends again.`, retryAfter),
    },
  };
}

const message: Part = {
  type: 'object',
  description:
    "A message of Segment's protocol. Its userId, properties and so on are what the mapping file reads.",
  required: ['messageId', 'timestamp'],
  properties: {
    messageId: { type: 'string', minLength: 1, description: 'What has the same one counts once.' },
    timestamp: { type: 'string', format: 'date-time', description: 'When it happened.' },
    event: { type: 'string', description: 'The name, of a call of track.' },
  },
};

function segmentOperation(
  given: Pick<Operation, 'operationId' | 'summary' | 'description'>,
  schema: Part,
): Operation {
  return {
    ...given,
    tags: ['segment'],
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: {
      200: answer(
        'Acknowledged by Kafka, or there was nothing in it that the mapping file names.',
        ref('Verdicts'),
      ),
      400: answer('Nothing in the body was acceptable.', { anyOf: [ref('Verdicts'), ref('Problem')] }),
      403: answer('The key may not publish these families.', { anyOf: [ref('Verdicts'), ref('Problem')] }),
      413: problemAnswer('The body has too many bytes, or too many messages.'),
      415: problemAnswer('The encoding is not read.'),
      429: problemAnswer('Over the rate, or Kafka can not keep up.', retryAfter),
      503: problemAnswer('Kafka is away. Send again: a message counts once.', retryAfter),
    },
  };
}

const asWriteKey = 'An API key is the write key: as the name of Basic with an empty password, or as a token.';

/** `POST /v1/<call>` of Segment's protocol. */
export function callOperation(call: string): Operation {
  return segmentOperation(
    {
      operationId: `segment${call[0]!.toUpperCase()}${call.slice(1)}`,
      summary: `Take a message of ${call} in the form of Segment`,
      description: asWriteKey,
    },
    message,
  );
}

/** `POST /v1/batch` of Segment's protocol. */
export const batchOperation: Operation = segmentOperation(
  {
    operationId: 'segmentBatch',
    summary: 'Take a batch of messages in the form of Segment',
    description: `Each message has its call as "type". ${asWriteKey}`,
  },
  {
    type: 'object',
    required: ['batch'],
    properties: {
      batch: { type: 'array', items: message },
      context: { type: 'object', description: 'The context of each message that has none of its own.' },
    },
  },
);
