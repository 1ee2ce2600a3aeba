import { setImmediate as nextTurn } from 'node:timers/promises';
import { sizeFault } from '@tidemark/events/codec';
import { familyOf } from '@tidemark/events/entity';
import type { Retention } from '@tidemark/events/families';
import { withoutFreeText } from '@tidemark/events/free-text';
import type { Event } from '@tidemark/events/types';
import { acceptJson, type Fault } from '@tidemark/events/validate';
import { recordOf, type EventRecord } from '@tidemark/publisher/event-sender';
import { inCloudEvent, type Carried } from './cloud-events.ts';
import type { ApiKey } from './keys.ts';

/** Something about an event of the request, as the answer names it: why it was rejected, or a warning. */
export type Remark = {
  /** Its position in the list, from 0; of NDJSON among the lines that are not blank. */
  readonly index: number;
  readonly event_id: string | null;
  readonly path: string;
  readonly message: string;
};

/** The decision about each event of one request. */
export type Verdicts = {
  /** Records for Kafka: those accepted, and those too late, which the processor sets aside and counts. */
  readonly records: readonly EventRecord[];
  readonly accepted: number;
  readonly tooLate: number;
  /** How many were rejected, those too late included. */
  readonly rejectedCount: number;
  /** The first of them, at most 1,000. */
  readonly rejected: readonly Remark[];
  /** How many accepted events have something in them that will have no effect (rule 66). */
  readonly warningCount: number;
  /** The first of them, at most 1,000. */
  readonly warnings: readonly Remark[];
  /** Whether all were refused because the key may not publish their families. */
  readonly forbidden: boolean;
};

/** How events are judged. */
export type IntakeOptions = {
  readonly key: ApiKey;
  readonly now: number;
  readonly strict: boolean;
  readonly cloudEvents: boolean;
  /** How old events may be; that of the contract by default. */
  readonly retention?: Retention | undefined;
  /** Whether comments are published; they are by default. */
  readonly keepsFreeText?: boolean | undefined;
};

type Verdict =
  | { readonly record: EventRecord; readonly event_id: string; readonly warnings?: readonly Fault[] }
  | {
      readonly event_id: string | null;
      readonly errors: readonly Fault[];
      readonly forbidden?: true;
      readonly record?: EventRecord;
    };

function judge(item: Carried, options: IntakeOptions): Verdict {
  const { key, now, strict, retention } = options;
  if ('fault' in item) return { event_id: item.event_id, errors: [item.fault] };
  const verdict = acceptJson(item.value, {
    now,
    defaultSource: key.source ?? key.name,
    strict,
    retention,
  });
  if (verdict.ok) {
    const accepted = judgeEvent(verdict.event, options);
    const { warnings } = verdict;
    return warnings === undefined || 'errors' in accepted ? accepted : { ...accepted, warnings };
  }
  const { event_id, errors, tooLate } = verdict;
  if (tooLate === undefined) return { event_id, errors };
  const kept = judgeEvent(tooLate, options);
  return 'errors' in kept ? kept : { event_id, errors, record: kept.record };
}

function judgeEvent(
  event: Event,
  { key, keepsFreeText = true }: Pick<IntakeOptions, 'key' | 'keepsFreeText'>,
): Verdict {
  const { event_id } = event;
  const family = familyOf(event.type);
  if (key.families?.has(family) === false) {
    const message = `The key "${key.name}" may not publish ${family} events; ask for a key with that right.`;
    return { event_id, errors: [{ path: '$.type', message }], forbidden: true };
  }
  if (key.source !== undefined && event.source !== key.source) {
    const message = `The key "${key.name}" may publish events of source "${key.source}" alone; send that, or leave it out.`;
    return { event_id, errors: [{ path: '$.source', message }] };
  }
  const record = recordOf(keepsFreeText ? event : withoutFreeText(event));
  const size = sizeFault(record.value.length);
  return size === undefined ? { record, event_id } : { event_id, errors: [size] };
}

/** One fault in the answer's form; the others of the same event are named in its sentence, after `also`. */
function remarkOf(
  index: number,
  event_id: string | null,
  faults: readonly Fault[],
  { cloudEvents, also }: { readonly cloudEvents: boolean; readonly also: string },
): Remark {
  const [first, ...others] = cloudEvents ? faults.map(inCloudEvent) : faults;
  const paths = others.slice(0, 20).map(({ path }) => path);
  const more = paths.length > 0 ? ` ${also}: ${paths.join(', ')}.` : '';
  return { index, event_id, path: first!.path, message: `${first!.message}${more}` };
}

/** So many rejected events, and so many with warnings, are named in an answer; of the rest the number. */
const listedMax = 1_000;
/** After so many items other requests get their turn. */
const sliceItems = 200;

/** Judges every item by itself, in slices: a large body does not keep others waiting. */
export async function judgeAll(items: Iterable<Carried>, options: IntakeOptions): Promise<Verdicts> {
  const records: EventRecord[] = [];
  const rejected: Remark[] = [];
  const warnings: Remark[] = [];
  const { cloudEvents } = options;
  let [index, rejectedCount, warningCount, forbidden, tooLate] = [0, 0, 0, 0, 0];
  for (const item of items) {
    if (index > 0 && index % sliceItems === 0) await nextTurn();
    const verdict = judge(item, options);
    if (verdict.record !== undefined) records.push(verdict.record);
    if ('errors' in verdict) {
      rejectedCount += 1;
      if (verdict.forbidden) forbidden += 1;
      if (verdict.record !== undefined) tooLate += 1;
      if (rejected.length < listedMax)
        rejected.push(remarkOf(index, verdict.event_id, verdict.errors, { cloudEvents, also: 'Also wrong' }));
    } else if (verdict.warnings !== undefined) {
      warningCount += 1;
      if (warnings.length < listedMax)
        warnings.push(
          remarkOf(index, verdict.event_id, verdict.warnings, { cloudEvents, also: 'Also without effect' }),
        );
    }
    index += 1;
  }
  const accepted = records.length - tooLate;
  const isForbidden = index > 0 && forbidden === index;
  return {
    records,
    accepted,
    tooLate,
    rejectedCount,
    rejected,
    warningCount,
    warnings,
    forbidden: isForbidden,
  };
}
