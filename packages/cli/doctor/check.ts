/** A check of the doctor: it looks at what was seen, and says what is wrong with it. It does no I/O. */
export type Check<Seen> = {
  /** Area and name, as `kafka.retention`. */
  readonly id: string;
  /** What it looks at, a noun phrase. */
  readonly looksAt: string;
  /** A fault loses data, makes numbers wrong or stops something; a warning will, or may. */
  readonly severity: 'fault' | 'warning';
  /** What is wrong, a sentence each; empty when nothing is. */
  readonly find: (seen: Seen) => readonly string[];
  /** How to fix it. */
  readonly fix: string;
  /** Page with more, path from the root. */
  readonly runbook?: string;
};

/** What a check has found. */
export type Finding = {
  readonly id: string;
  readonly severity: 'fault' | 'warning';
  readonly problem: string;
  readonly fix: string;
  readonly runbook: string | null;
};

/** What checks find in what was seen. */
export function findingsOf<Seen>(checks: readonly Check<Seen>[], seen: Seen): Finding[] {
  return checks.flatMap(({ id, severity, find, fix, runbook }) =>
    find(seen).map((problem) => ({ id, severity, problem, fix, runbook: runbook ?? null })),
  );
}

/** A sentence when a condition is true. */
export function when(condition: boolean, problem: string): readonly string[] {
  return condition ? [problem] : [];
}

/** Whether a version such as `24.12.1` comes before a major and minor one. */
export function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a < major || (a === major && b < minor);
}
