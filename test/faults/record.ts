/** A run of faults as a line of a file, so that what was tried can be counted and repeated. */
import { appendFile } from 'node:fs/promises';
import type { FaultsReport } from './run.ts';

/** A run as it is kept. */
export type RecordedRun = {
  readonly at: string;
  readonly seed: number;
  readonly cluster: boolean;
  /** Each fault: its kind, its target, and milliseconds since the start. */
  readonly faults: readonly (readonly [string, string, number])[];
  readonly harmedRequests: number;
  readonly events: number;
  /** Records straight to Kafka, repeats among them; and requests to the collector that had to be made again. */
  readonly records: number;
  readonly repeats: number;
  readonly again: number;
  readonly bad: number;
  /** Members that ended of themselves, and the last error that each had logged. */
  readonly ended: readonly (readonly [string, string])[];
  readonly seconds: number;
  readonly secondsToSettle: number;
  /** What was wrong in the end. */
  readonly errors: readonly string[];
};

/** Appends the run to a file, one line of JSON. */
export async function record(file: string, report: FaultsReport, at: Date): Promise<void> {
  const { published, injected, ownExits, seed, cluster, harmedRequests } = report;
  const run: RecordedRun = {
    at: at.toISOString(),
    seed,
    cluster,
    faults: injected.map(({ kind, target, atMs }) => [kind, target, atMs]),
    harmedRequests,
    events: published.events,
    records: published.kafka.records,
    repeats: published.kafka.repeats,
    again: published.http.again,
    bad: published.bad,
    ended: ownExits.map(({ member, lastLines }) => [member, lastErrorIn(lastLines)]),
    seconds: report.seconds,
    secondsToSettle: report.secondsToSettle,
    errors: report.errors,
  };
  await appendFile(file, `${JSON.stringify(run)}\n`);
}

function lastErrorIn(lines: string): string {
  const messages = [...lines.matchAll(/"message":"((?:[^"\\]|\\.)*)"/g)].map(([, message = '']) => message);
  // Where the run was is nobody's business.
  return (messages.at(-1) ?? '').replaceAll(/\/\S*\/members\//g, '');
}
