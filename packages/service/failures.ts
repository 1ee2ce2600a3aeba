/**
 * What to do about a failure of the world around us.
 *
 * - `backoff`: the same call may work later; try again with growing pauses.
 * - `restart`: throw away what this task holds (producer, positions, state) and begin it anew.
 * - `restore`: rebuild the local store from its changelog.
 * - `never`: trying again cannot help; a person or another instance has to act.
 */
export type Retry = 'backoff' | 'restart' | 'restore' | 'never';

/**
 * What a failure may be the fault of, beside the world: `records` of what they held, `size` of how many they were. Whoever
 * processes records in batches cuts them smaller, and sets the one aside that is at fault.
 */
export type Blames = 'records' | 'size';

type Entry = { readonly retry: Retry; readonly means: string; readonly blames?: Blames };

/** Every failure this system knows, what to do about it and what it means. The one place for both. */
export const failures = {
  'settings.invalid': { retry: 'never', means: 'a setting is missing or wrong; mend it and start again' },
  'kafka.unavailable': { retry: 'backoff', means: 'no broker answers' },
  'kafka.protocol': { retry: 'never', means: 'the broker sent something that cannot be understood' },
  'kafka.batch-too-large': {
    retry: 'never',
    means: 'a compressed batch holds more than is taken; its records are passed over as one',
  },
  'kafka.refused': { retry: 'never', means: 'the broker refuses the request; the message says why' },
  'kafka.record-refused': {
    retry: 'never',
    blames: 'records',
    means: 'the broker takes no record like this one; mostly it is too large',
  },
  'kafka.version': { retry: 'never', means: 'the installed kafkajs is not the one that is mended here' },
  'kafka.fenced': { retry: 'restart', means: 'another instance owns the partition now; stop and rejoin' },
  'kafka.aborted': {
    retry: 'restart',
    blames: 'size',
    means: 'the transaction surely did not happen; begin the task anew',
  },
  'kafka.outcome-unknown': {
    retry: 'restart',
    blames: 'size',
    means: 'the commit was asked for and not answered; only the committed offsets tell whether it happened',
  },
  'kafka.instance-taken': {
    retry: 'never',
    means: 'another process has joined under the same GROUP_INSTANCE_ID; give each one its own',
  },
  'kafka.generation-over': { retry: 'restart', means: 'the group has rebalanced; this assignment is over' },
  'kafka.offset-gone': {
    retry: 'never',
    means:
      'the log does not hold the position: records were deleted before they were read, or the topic made anew',
  },
  'kafka.stalled': { retry: 'restart', means: 'a partition could not be read on within the time allowed' },
  'kafka.topics': { retry: 'never', means: 'a topic is missing or not made as the system needs it' },
  'clickhouse.unavailable': { retry: 'backoff', means: 'ClickHouse does not answer' },
  'clickhouse.refused': { retry: 'never', means: 'ClickHouse refuses the query; the message says why' },
  'clickhouse.schema': {
    retry: 'never',
    means: 'what is in ClickHouse and what this version needs disagree; the message says where',
  },
  'state.corrupt': { retry: 'restore', means: 'the store does not fit its changelog; rebuild it' },
  'state.locked': { retry: 'never', means: 'another process works on the same state directory' },
  'state.foreign': {
    retry: 'never',
    means: 'the state is not this processor’s: of another cluster, application, partition count or release',
  },
  'state.ahead': {
    retry: 'never',
    means: 'the store holds more than its changelog: it is the only whole copy, and is left as it is',
  },
  'state.definitions': {
    retry: 'never',
    means: 'the state was counted by other definitions than today’s; the old facts could not be taken back',
  },
  'stop.timeout': { retry: 'never', means: 'something did not stop within its time' },
} as const satisfies Record<string, Entry>;

/** A code from the table of failures. */
export type FailureCode = keyof typeof failures;

/**
 * The one error class for failures of the world. Match on `code`, never on the message; `cause` keeps
 * what was thrown below.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(`${message} (${code}: ${failures[code].means})`, options);
    this.code = code;
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
