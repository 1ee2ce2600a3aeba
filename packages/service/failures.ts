/**
 * What to do about a failure of Kafka, ClickHouse, the disk or a setting.
 *
 * - `backoff`: the same call may work later; try again with growing pauses.
 * - `restart`: discard this task's producer, positions and state, and begin it anew.
 * - `restore`: rebuild the local store from its changelog.
 * - `never`: trying again cannot help; a person or another instance has to act.
 */
export type Retry = 'backoff' | 'restart' | 'restore' | 'never';

/**
 * What may have caused a failure, beside the outside: `records` their content, `size` their number. A service that
 * processes records in batches makes smaller batches, and makes a dead letter of the record at fault.
 */
export type Blames = 'records' | 'size';

type Entry = { readonly retry: Retry; readonly means: string; readonly blames?: Blames };

/** Every kind of failure, what to do about it and what it means. */
export const failures = {
  'settings.invalid': { retry: 'never', means: 'a setting is missing or wrong; correct it and start again' },
  'kafka.unavailable': { retry: 'backoff', means: 'Kafka is away, or cannot answer now; it is tried again' },
  'kafka.protocol': { retry: 'never', means: 'the broker sent something that cannot be understood' },
  'kafka.batch-too-large': {
    retry: 'never',
    means: 'a compressed batch holds more than is taken; its records are passed over as one',
  },
  'kafka.refused': { retry: 'never', means: 'the broker refuses the request; the message says why' },
  'kafka.record-refused': {
    retry: 'never',
    blames: 'records',
    means: 'the broker refuses this record; mostly it is too large',
  },
  'kafka.version': { retry: 'never', means: 'the installed kafkajs is not the version that is patched here' },
  'kafka.fenced': { retry: 'restart', means: 'another instance owns the partition now; stop and rejoin' },
  'kafka.aborted': {
    retry: 'restart',
    blames: 'size',
    means: 'the transaction was not committed; begin the task anew',
  },
  'kafka.outcome-unknown': {
    retry: 'restart',
    blames: 'size',
    means: 'the broker did not answer the commit; only the committed offsets show whether it happened',
  },
  'kafka.instance-taken': {
    retry: 'never',
    means: 'another process has joined under the same GROUP_INSTANCE_ID; give each one its own',
  },
  'kafka.generation-over': { retry: 'restart', means: 'the group has rebalanced; this assignment is over' },
  'kafka.offset-gone': {
    retry: 'never',
    means:
      'the position is not in the log: records were deleted before they were read, or the topic was created anew',
  },
  'kafka.stalled': { retry: 'restart', means: 'a partition could not be read within the time allowed' },
  'kafka.topics': { retry: 'never', means: 'a topic is missing or has wrong settings' },
  'clickhouse.unavailable': { retry: 'backoff', means: 'ClickHouse does not answer' },
  'clickhouse.refused': { retry: 'never', means: 'ClickHouse refuses the query; the message says why' },
  'clickhouse.schema': {
    retry: 'never',
    means: 'the tables in ClickHouse are not those that this version needs; the message says where',
  },
  'sink.positions': {
    retry: 'never',
    means: 'the tables and the offsets of the group disagree; going on would count facts twice or never',
  },
  'schema.newer': {
    retry: 'restart',
    blames: 'size',
    means: 'a newer release wrote a record; it waits until that release runs here',
  },
  'state.corrupt': { retry: 'restore', means: 'the store does not match its changelog; rebuild it' },
  'state.disk': { retry: 'restart', means: 'the disk beneath the local store cannot be read or written' },
  'state.locked': { retry: 'never', means: 'another process works on the same state directory' },
  'state.foreign': {
    retry: 'never',
    means: 'the state is not this processor’s: of another cluster, application, partition count or release',
  },
  'state.ahead': {
    retry: 'never',
    means: 'the store has more than its changelog: it is the only complete copy, and it is not changed',
  },
  'state.lost': {
    retry: 'never',
    means: 'events were counted, and the topic that has what was counted is empty',
  },
  'events.deleted': {
    retry: 'never',
    means: 'events were deleted before they were counted; a person has to say that they are passed over',
  },
  'state.definitions': {
    retry: 'never',
    means: 'the state was counted by other definitions than today’s; the old facts could not be retracted',
  },
  'stop.timeout': { retry: 'never', means: 'a part of the service did not stop in time' },
} as const satisfies Record<string, Entry>;

/** A code from the table of failures. */
export type FailureCode = keyof typeof failures;

/**
 * The error class of these failures. Match on `code`, never on the message. `cause` is the error
 * that was thrown below.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly #what: string;

  constructor(code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(`${message} (${code}: ${failures[code].means})`, options);
    this.code = code;
    this.#what = message;
  }

  /** What happened, without what the code means. Not a field: logs have it in the message. */
  get what(): string {
    return this.#what;
  }

  /** What to do about it, from the table. */
  get retry(): Retry {
    return failures[this.code].retry;
  }

  /** What of a batch may be at fault, from the table; `undefined` when it is the world. */
  get blames(): Blames | undefined {
    const entry: Entry = failures[this.code];
    return entry.blames;
  }
}

/** Whether `error` is a `Failure`, of the given code where one is given. */
export function isFailure(error: unknown, code?: FailureCode): error is Failure {
  return error instanceof Failure && (code === undefined || error.code === code);
}
