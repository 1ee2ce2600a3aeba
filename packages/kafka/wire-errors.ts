import { Failure, type FailureCode } from '@tidemark/service/failures';

/** Error codes of Kafka's protocol that are handled differently. */
export const wireErrors = {
  unknownServerError: -1,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderForPartition: 6,
  requestTimedOut: 7,
  replicaNotAvailable: 9,
  messageTooLarge: 10,
  networkException: 13,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  recordListTooLarge: 18,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  clusterAuthorizationFailed: 31,
  invalidTimestamp: 32,
  notController: 41,
  outOfOrderSequence: 45,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  storageError: 56,
  unknownProducerId: 59,
  listenerNotFound: 72,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  memberIdRequired: 79,
  fencedInstanceId: 82,
  invalidRecord: 87,
  unstableOffsetCommit: 88,
  throttlingQuotaExceeded: 89,
  producerFenced: 90,
  transactionAbortable: 120,
} as const;

/** An error code of the protocol in an answer. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly code: number;

  /** @param request Its name. */
  constructor(request: string, code: number) {
    super(`Kafka answers ${request} with its error code ${code}`);
    this.code = code;
  }
}

/** Asked of a coordinator: not (yet) the one, or still loading. Asking anew, and who it is, helps. */
export const coordinatorErrors: ReadonlySet<number> = new Set([
  wireErrors.coordinatorLoading,
  wireErrors.coordinatorNotAvailable,
  wireErrors.notCoordinator,
]);

/**
 * Errors that pass by themselves: an election, a disk or a replica that is away for a while, a single failure of a server. The
 * same request may succeed later, perhaps at another broker.
 */
export const passingErrors: ReadonlySet<number> = new Set([
  ...coordinatorErrors,
  wireErrors.unknownServerError,
  wireErrors.corruptMessage,
  wireErrors.unknownTopicOrPartition,
  wireErrors.leaderNotAvailable,
  wireErrors.notLeaderForPartition,
  wireErrors.requestTimedOut,
  wireErrors.replicaNotAvailable,
  wireErrors.networkException,
  wireErrors.notEnoughReplicas,
  wireErrors.notEnoughReplicasAfterAppend,
  wireErrors.notController,
  wireErrors.concurrentTransactions,
  wireErrors.storageError,
  wireErrors.listenerNotFound,
  wireErrors.fencedLeaderEpoch,
  wireErrors.unknownLeaderEpoch,
  wireErrors.offsetNotAvailable,
  wireErrors.unstableOffsetCommit,
  wireErrors.throttlingQuotaExceeded,
]);

/** The user lacks a right. */
export const authorizationErrors: ReadonlySet<number> = new Set([
  wireErrors.topicAuthorizationFailed,
  wireErrors.clusterAuthorizationFailed,
]);

const fencedErrors: ReadonlySet<number> = new Set([
  wireErrors.invalidProducerEpoch,
  wireErrors.invalidProducerIdMapping,
  wireErrors.producerFenced,
]);

/** The broker no longer knows the transaction or the producer's numbers: a new producer begins clean. */
const lostTransactionErrors: ReadonlySet<number> = new Set([
  wireErrors.outOfOrderSequence,
  wireErrors.invalidTxnState,
  wireErrors.unknownProducerId,
  wireErrors.transactionAbortable,
]);

/** The records themselves are refused: the same records would be refused again. */
const recordErrors: ReadonlySet<number> = new Set([
  wireErrors.messageTooLarge,
  wireErrors.recordListTooLarge,
  wireErrors.invalidRecord,
]);

/** Broken or missing connections and answers that did not come. */
const connectionErrors: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
]);

/** What kafkajs throws, as a plain `Error`, when a broker that accepted the connection has not yet answered anything. */
const notConnected = 'Broker not connected';
/** And when the connection breaks in the middle of a login: it keeps of that error only the words. */
const loginCutOff =
  /authentication failed: (Closed connection|Connection |Not connected|Request .+ timed out)/;

/** The protocol's error code of an error kafkajs threw, or of its cause; `undefined` when it has none. */
export function wireCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return wireCodeOf(causeOf(error));
}

/** Whether the connection failed, so that the fate of the request is unknown. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Failure) return error.code === 'kafka.unavailable';
  return (
    connectionErrors.has(error.name) ||
    error.message === notConnected ||
    loginCutOff.test(error.message) ||
    isConnectionError(causeOf(error))
  );
}

/** An error of kafkajs as a `Failure` that names the action. */
export function failureOf(error: unknown, doing: string): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure(codeOf(error), `${doing}: ${message}${connectionHint(message)}`, { cause: error });
}

/** What to look at when a connection fails: the words of Node and kafkajs name neither the setting nor the cause. */
const connectionHints: readonly (readonly [RegExp, string])[] = [
  [/certificate|self-signed|altnames/i, 'look at the certificates of the brokers and at KAFKA_SSL_CA_FILE'],
  [/Closed connection|wrong version number/, 'does the port speak TLS as KAFKA_SSL says?'],
  [/requested SASL mechanism/, 'look at KAFKA_SASL_MECHANISM'],
  [
    /authentication failed(?!: (Connection |Not connected|Request ))/i,
    'look at KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
  ],
  [/ENOTFOUND|EAI_AGAIN/, 'is the name right, in KAFKA_BROKERS and in advertised.listeners of the brokers?'],
  [
    /Connection timeout|EHOSTUNREACH|ENETUNREACH/,
    'do the network and its firewalls let this machine reach every broker?',
  ],
];

function connectionHint(message: string): string {
  const hint = connectionHints.find(([words]) => words.test(message))?.[1];
  return hint === undefined ? '' : `; ${hint}`;
}

/** What to look at for an error code, where the code alone does not say it; else empty. It goes behind a message. */
export function hintOf(code: number): string {
  return code === wireErrors.invalidTimestamp
    ? ': the time of the records is too far ahead of the broker’s; compare the clocks of both machines'
    : '';
}

/** The failure code for an error code in an answer. */
export function failureCodeOf(code: number): FailureCode {
  if (fencedErrors.has(code)) return 'kafka.fenced';
  if (lostTransactionErrors.has(code)) return 'kafka.aborted';
  if (recordErrors.has(code)) return 'kafka.record-refused';
  return passingErrors.has(code) ? 'kafka.unavailable' : 'kafka.refused';
}

/** The code by Kafka's own error code, however deep kafkajs has wrapped it. Its wrappers call passing errors final. */
function codeOf(error: unknown): FailureCode {
  if (isConnectionError(error)) return 'kafka.unavailable';
  const code = wireCodeOf(error);
  if (code !== undefined) return failureCodeOf(code);
  return isRetriable(error) ? 'kafka.unavailable' : 'kafka.refused';
}

/** Whether kafkajs, or the error that it wraps, says that a retry helps. */
function isRetriable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('retriable' in error && error.retriable === true) || isRetriable(causeOf(error));
}

/** kafkajs keeps what it wraps as a cause or, in some of its errors, as `originalError`. */
function causeOf(error: Error): unknown {
  return error.cause ?? ('originalError' in error ? error.originalError : undefined);
}
