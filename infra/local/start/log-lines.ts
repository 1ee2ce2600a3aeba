/** A line of a service's log, as far as it is understood. */
export type LogLine = {
  /** As pino has it: 30 info, 40 warning, 50 error, 60 fatal. */
  readonly level: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A line of pino's; `undefined` for any other, such as a stack trace. */
export function parseLogLine(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // The line was cut off when its process died; it is in the log file as it is.
    return undefined;
  }
  const { level, msg, time: _time, service: _service, ...fields } = entry;
  if (typeof level !== 'number' || typeof msg !== 'string') return undefined;
  return { level, message: msg, fields };
}

/** Fields that a person can do without. */
const lengthMax = 160;

/** A log line in one line for a person: `sink: ClickHouse does not answer; trying again. (attempt 3)`. */
export function describeLogLine(service: string, { message, fields }: LogLine): string {
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    if (name === 'err') return [errorOf(value)];
    return typeof value === 'string' || typeof value === 'number' ? [`${name} ${value}`] : [];
  });
  const joined = parts.filter((part) => part !== '').join(', ');
  const details = joined.length > lengthMax ? `${joined.slice(0, lengthMax)}…` : joined;
  return details === '' ? `${service}: ${message}` : `${service}: ${message} (${details})`;
}

function errorOf(value: unknown): string {
  const { message } = (value ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? (message.split('\n')[0] ?? '') : '';
}

const quietMs = 30_000;

/** Lets a message of a service through once in half a minute: a service that retries would fill the screen. */
export function createSieve(clock: () => number): (service: string, message: string) => boolean {
  const last = new Map<string, number>();
  return (service, message) => {
    const key = `${service}: ${message}`;
    const now = clock();
    if (now - (last.get(key) ?? Number.NEGATIVE_INFINITY) < quietMs) return false;
    last.set(key, now);
    return true;
  };
}
