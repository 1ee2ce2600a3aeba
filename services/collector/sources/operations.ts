import { answer, type Operation, problemAnswer, ref, retryAfter } from '@tidemark/service/openapi';

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
