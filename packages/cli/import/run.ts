import { postWithin } from '@tidemark/command/collector-client';
import { note, type Progress } from '@tidemark/command/output';
import type { Retention } from '@tidemark/events/families';
import { beginning, Checkpoint, type Position } from './checkpoint.ts';
import { readMapping } from './mapping.ts';
import { openFile } from './open-file.ts';
import { RejectedFile, type RejectedRow } from './rejected-file.ts';
import { anyAge, eventsOfRow, type SentEvent, typeOf } from './row-events.ts';
import type { Row } from './row.ts';
import { batchesOf, type Batch } from './batches.ts';

/** What to import, and where to. */
export type ImportOptions = {
  readonly file: string;
  /** Path of the mapping file. */
  readonly mapping: string;
  /** Path of the file of rejected rows. */
  readonly rejected: string;
  /** Path of the checkpoint. */
  readonly checkpoint: string;
  /** Whether to begin anew where there is a checkpoint. */
  readonly fresh: boolean;
  /** How old events may be when nothing is sent; `undefined` sends them. */
  readonly dryRun: Retention | undefined;
  readonly collector: URL;
  readonly key: string;
  /** How long to try each batch. */
  readonly timeoutMs: number;
  readonly progress: Progress;
  /** Ends the import after the batch that is on its way. */
  readonly signal: AbortSignal;
};

/** What came of it. */
export type Imported = Position & {
  readonly isComplete: boolean;
  /** The first event of each type, when nothing is sent. */
  readonly samples: readonly SentEvent[];
  /** The first rejected rows. */
  readonly shown: readonly RejectedRow[];
};

const rejectedShownMax = 20;

/**
 * Imports a file. Each batch is acknowledged before its position is saved, so nothing is lost by an end at any moment; what is sent
 * twice counts once by its event id. One batch is on its way while the next is read.
 *
 * @throws CommandError, with what to do.
 */
export async function importFile(options: ImportOptions): Promise<Imported> {
  const { dryRun, signal } = options;
  const { mapping, text } = readMapping(options.mapping);
  const file = await openFile(options.file, mapping);
  const checkpoint = await Checkpoint.of(options.checkpoint, { file: options.file, mapping: text });
  const start = options.fresh || dryRun !== undefined ? beginning : await checkpoint.read();
  if (start.row > 0)
    note(`Going on after row ${start.row.toLocaleString('en')}: ${checkpoint.path} is of this file.`);
  const rejected = await RejectedFile.open(options.rejected, start.rejectedBytes);
  const course = new Course(start, options, rejected);
  const showProgress = progressOf(options.progress, file.readShare);
  const toEvents = (row: Row) => eventsOfRow(row, mapping, { now: Date.now(), retention: dryRun ?? anyAge });
  let onItsWay = Promise.resolve();
  try {
    for await (const batch of batchesOf(file.rows, start.row, toEvents)) {
      await onItsWay;
      showProgress(course.position);
      if (signal.aborted) break;
      onItsWay = course
        .settle(batch)
        .then(() => (dryRun === undefined ? checkpoint.save(course.position) : undefined));
      // It is awaited before the next one; until then its failure is nobody's.
      onItsWay.catch(() => undefined);
    }
    await onItsWay;
  } finally {
    options.progress.end();
    await rejected.close();
  }
  const isComplete = !signal.aborted;
  if (isComplete && dryRun === undefined) await checkpoint.remove();
  return { ...course.position, isComplete, samples: course.samples, shown: course.shown };
}

/** An import under way: what has come of the batches until now. */
class Course {
  position: Position;
  readonly shown: RejectedRow[] = [];
  readonly #samples = new Map<string, SentEvent>();
  readonly #options: ImportOptions;
  readonly #rejected: RejectedFile;

  constructor(start: Position, options: ImportOptions, rejected: RejectedFile) {
    this.position = start;
    this.#options = options;
    this.#rejected = rejected;
  }

  get samples(): readonly SentEvent[] {
    return [...this.#samples.values()];
  }

  /** Publishes a batch and records what came of it. */
  async settle({ lastRow, events, rejected, passedOver }: Batch): Promise<void> {
    const reasons = new Map(rejected.map(({ row, reasons: why }) => [row, [...why]]));
    const accepted = { ...this.position.accepted };
    const refused = new Set<number>();
    for (const { index, path, message } of await this.#send(events.map(({ event }) => event))) {
      const { row, event } = events[index]!;
      refused.add(index);
      reasons.set(row, [...(reasons.get(row) ?? []), `${typeOf(event)} ${path}: ${message}`]);
    }
    for (const [index, { event }] of events.entries()) {
      if (refused.has(index)) continue;
      accepted[typeOf(event)] = (accepted[typeOf(event)] ?? 0) + 1;
      if (this.#options.dryRun !== undefined && !this.#samples.has(typeOf(event)))
        this.#samples.set(typeOf(event), event);
    }
    const rows = [...reasons]
      .map(([row, why]): RejectedRow => ({ row, reasons: why }))
      .toSorted((a, b) => a.row.number - b.row.number);
    await this.#rejected.write(rows);
    this.shown.push(...rows.slice(0, rejectedShownMax - this.shown.length));
    this.position = {
      row: lastRow,
      accepted,
      rejected: this.position.rejected + rows.length,
      passedOver: this.position.passedOver + passedOver,
      rejectedBytes: this.#rejected.bytes,
    };
  }

  async #send(events: readonly SentEvent[]) {
    const { collector, key, timeoutMs, dryRun } = this.#options;
    if (dryRun !== undefined || events.length === 0) return [];
    const onTrouble = ({ reason }: { readonly reason: string }): void => note(`${reason}; trying again.`);
    return (await postWithin(events, timeoutMs, { url: collector, key, onTrouble })).rejected;
  }
}

/** Shows how far an import is, and when it will be through. */
function progressOf({ show }: Progress, readShare: () => number): (position: Position) => void {
  const began = performance.now();
  let first: { readonly row: number; readonly share: number } | undefined;
  return ({ row, accepted, rejected }) => {
    const share = readShare();
    first ??= { row, share };
    const seconds = (performance.now() - began) / 1_000;
    const left = (seconds * (1 - share)) / Math.max(share - first.share, 0.001);
    const number = (value: number): string => Math.round(value).toLocaleString('en');
    const events = Object.values(accepted).reduce((sum, count) => sum + count, 0);
    show(
      `${number(100 * share)} %: ${number(row)} rows, ${number(events)} events, ${number(rejected)} rejected; ` +
        `${number((row - first.row) / seconds)} rows/s, ${number(left)} s left`,
    );
  };
}
