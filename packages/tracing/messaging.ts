import type { Attributes } from '@opentelemetry/api';

/** Name and attributes of a span about messages. */
export type MessagingSpan = { readonly name: string; readonly attributes: Attributes };

/**
 * The name and the attributes of a span about messages in Kafka, by OpenTelemetry's conventions for messaging. Keys of
 * records are left out: they name customers.
 *
 * @param topics The topics of the messages; of several topics the span has the part that they share.
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
