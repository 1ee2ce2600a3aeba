/** How a simulated broker refuses, in the forms in which kafkajs says it. */
import { wireErrors } from '@tidemark/kafka/wire-errors';

/** Error codes of Kafka's protocol. */
export const errors = wireErrors;

/** A broker's answer with an error code. */
export class ProtocolError extends Error {
  override readonly name = 'KafkaJSProtocolError';
  readonly code: number;

  constructor(code: number) {
    super(`The simulated broker answers with error code ${code}`);
    this.code = code;
  }
}

/** A connection that is closed, or an answer that did not come. */
export class ConnectionError extends Error {
  override readonly name: string;

  constructor(kind: 'closed' | 'late' | 'none') {
    super(`The simulated connection: ${kind}`);
    this.name = {
      closed: 'KafkaJSConnectionClosedError',
      late: 'KafkaJSRequestTimeoutError',
      none: 'KafkaJSConnectionError',
    }[kind];
  }
}

/** No coordinator is there yet. */
export class NoCoordinator extends Error {
  override readonly name = 'KafkaJSGroupCoordinatorNotFound';
}
