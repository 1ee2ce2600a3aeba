import { Failure, type FailureCode } from '@tidemark/service/failures';

/** Error codes of Kafka's protocol that are told apart here. */
export const wireErrors = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderForPartition: 6,
  requestTimedOut: 7,
  replicaNotAvailable: 9,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  recordListTooLarge: 18,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  outOfOrderSequence: 45,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  storageError: 56,
  unknownProducerId: 59,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  invalidRecord: 87,
  producerFenced: 90,
} as const;

/** Asked of a coordinator: not (yet) the one, or still loading. Asking anew, and who it is, helps. */
export const coordinatorErrors: ReadonlySet<number> = new Set([
  wireErrors.coordinatorLoading,
  wireErrors.coordinatorNotAvailable,
  wireErrors.notCoordinator,
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
]);

/** The records themselves are refused: those that hold the same will be again. */
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

/** The protocol's error code of an error kafkajs threw, or of its cause; `undefined` when it has none. */
export function wireCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return wireCodeOf(error.cause);
}

/** Whether the connection failed, so that nothing is known of what was asked. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Failure) return error.code === 'kafka.unavailable';
  return connectionErrors.has(error.name) || isConnectionError(error.cause);
}

/** What kafkajs threw, as a `Failure` that says what was being done. */
export function failureOf(error: unknown, doing: string): Failure {
  if (error instanceof Failure) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new Failure(codeOf(error), `${doing}: ${said}`, { cause: error });
}

/** What an error code in an answer means for the caller, where nothing is known of whether it may pass. */
export function failureCodeOf(code: number): FailureCode {
  if (fencedErrors.has(code)) return 'kafka.fenced';
  if (lostTransactionErrors.has(code)) return 'kafka.aborted';
  if (recordErrors.has(code)) return 'kafka.record-refused';
  return coordinatorErrors.has(code) ? 'kafka.unavailable' : 'kafka.refused';
}

function codeOf(error: unknown): FailureCode {
  if (isConnectionError(error)) return 'kafka.unavailable';
  const code = wireCodeOf(error);
  if (code === undefined) return 'kafka.refused';
  const known = failureCodeOf(code);
  if (known !== 'kafka.refused') return known;
  const isPassing = error instanceof Error && 'retriable' in error && error.retriable === true;
  return isPassing ? 'kafka.unavailable' : 'kafka.refused';
}
