import type { Attributes } from '@opentelemetry/api';

/** Name and attributes of a span about messages. */
export type MessagingSpan = { readonly name: string; readonly attributes: Attributes };

/**
 * What a span about messages in Kafka is called and says, by OpenTelemetry's conventions for messaging. Keys of records
 * are left out: they name customers.
 *
 * @param topics Those the messages are of; several are said as what they have in common.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/kafka/
 */
export function messagingSpan(
  operation: 'send' | 'process',
  topics: Iterable<string>,
  messages: number,
): MessagingSpan {
  const [topic = '', ...others] = new Set(topics);
  const destination = others.length === 0 ? topic : 'events.*';
  return {
    name: `${operation} ${destination}`,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.name': operation,
      'messaging.operation.type': operation,
      [`messaging.destination.${others.length === 0 ? 'name' : 'template'}`]: destination,
      ...(messages > 1 ? { 'messaging.batch.message_count': messages } : {}),
    },
  };
}
