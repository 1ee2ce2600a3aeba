import { pathOf, shown, type Fault } from './fault.ts';
import { aheadMsMax, retentionMs, type Retention } from './families.ts';
import { familyOf } from './entity.ts';
import { parseDate } from './times.ts';
import type { CostEvent, Event, SurveyEvent } from './types.ts';

/** The usual scale of an instrument: what absent ends of a scale are. Others have none. */
export const usualScales: { readonly [instrument: string]: readonly [min: number, max: number] | undefined } =
  {
    nps: [0, 10],
    csat: [1, 10],
    employee_satisfaction: [1, 10],
    ces: [1, 5],
  };

/** Longest period of a cost: it is spread over its days one by one. Rule 49. */
const costDaysMax = 3660;
/** The last day of a period of a cost is at most so many days from now: ten years. Rule 49. */
const costDaysAheadMax = 3653;

function fault(field: string, message: string): Fault {
  return { path: pathOf(field), message };
}

/** Answers that do not fit their instrument: nps takes whole numbers from 0 to 10 alone (rule 37). */
function surveyFault(event: SurveyEvent): Fault | undefined {
  const { instrument, score, scale_min, scale_max, answer } = event;
  if (instrument === 'task_completion' && answer !== null && answer !== 'yes' && answer !== 'no')
    return fault('answer', `answer must be "yes" or "no" for task_completion, not ${shown(answer)}.`);
  if (instrument === 'nps') {
    if ((scale_min ?? 0) !== 0)
      return fault('scale_min', 'The scale of nps is 0 to 10; leave scale_min out.');
    if ((scale_max ?? 10) !== 10)
      return fault('scale_max', 'The scale of nps is 0 to 10; leave scale_max out.');
    if (score !== null && !Number.isInteger(score))
      return fault('score', `score must be a whole number from 0 to 10 for nps, not ${score}.`);
  }
  const usual = instrument === null ? undefined : usualScales[instrument];
  const min = scale_min ?? usual?.[0] ?? -Infinity;
  const max = scale_max ?? usual?.[1] ?? Infinity;
  if (min >= max) {
    const field = scale_max === null ? 'scale_min' : 'scale_max';
    return fault(field, `The scale is ${min} to ${max}; scale_max must be above scale_min.`);
  }
  if (score !== null && (score < min || score > max))
    return fault(
      'score',
      instrument === 'nps'
        ? `score must be a whole number from 0 to 10 for nps, not ${score}.`
        : `score must be from ${min} to ${max}, not ${score}; or give the scale with scale_min and scale_max.`,
    );
  return undefined;
}

/** A period that ends before it starts (rule 35), or is too long to be spread over its days. */
function costFault({ period_start, period_end }: CostEvent, now: number): Fault | undefined {
  if (period_start === null || period_end === null) return undefined;
  const start = parseDate(period_start)!;
  const end = parseDate(period_end)!;
  if (start < 0)
    return fault('period_start', `period_start must not be before 1970-01-01; it is ${period_start}.`);
  const lastDay = Math.floor(now / 86_400_000) + costDaysAheadMax;
  for (const [field, day, text] of [
    ['period_start', start, period_start],
    ['period_end', end, period_end],
  ] as const)
    if (day > lastDay) return fault(field, `${field} must be within ten years from now; it is ${text}.`);
  const days = end - start + 1;
  if (days < 1)
    return fault(
      'period_end',
      `period_end is before period_start (${period_start}); give the last day of the period.`,
    );
  if (days > costDaysMax)
    return fault(
      'period_end',
      `The period has ${days} days; split the cost into periods of at most ${costDaysMax} days.`,
    );
  return undefined;
}

/** A fault between the fields of an event that is received at `now`, although each field is right by itself. */
export function crossFieldFault(event: Event, now: number): Fault | undefined {
  if (event.type === 'survey.answered') return surveyFault(event);
  if (event.type === 'cost.incurred') return costFault(event, now);
  return undefined;
}

const timely: ReadonlySet<string> = new Set([
  'subscription.changed',
  'subscription.canceled',
  'subscription.paused',
]);

const none: readonly Fault[] = [];

/** The parts of an accepted event that have no effect (rule 66): an `effective_at` that does not count (rule 2). */
export function warningsOf(event: Event): readonly Fault[] {
  if (!('effective_at' in event)) return none;
  const { type, effective_at, occurred_at } = event;
  if (effective_at === null || effective_at === occurred_at || type.endsWith('.voided')) return none;
  if (!timely.has(type))
    return [
      fault(
        'effective_at',
        `effective_at has no effect: ${type} takes effect at its occurred_at; leave effective_at out, or set occurred_at.`,
      ),
    ];
  if (effective_at > occurred_at) return none;
  return [
    fault(
      'effective_at',
      'effective_at is before the time of the event, its occurred_at, and has no effect: the change is in force from occurred_at on; if it was in force before, send it with the occurred_at of that time.',
    ),
  ];
}

function days(ms: number): string {
  return `${Math.floor(ms / 86_400_000)} days`;
}

/**
 * A fault in the age of an event that is first received at `now`: it is too far ahead of the clock, or older than the retention
 * of its family. Only the second is `tooLate`.
 */
export function ageFault(
  event: Event,
  now: number,
  retention: Retention = retentionMs,
): (Fault & { readonly tooLate: boolean }) | undefined {
  const ageMs = now - event.occurred_at;
  if (ageMs < -aheadMsMax) {
    const ahead = `${Math.ceil(-ageMs / 60_000)} minutes`;
    const message = `occurred_at is ${ahead} ahead of the clock, at most ${aheadMsMax / 60_000} are allowed; set the publisher's clock, and mind the offset and the unit (milliseconds).`;
    return { ...fault('occurred_at', message), tooLate: false };
  }
  const family = familyOf(event.type);
  const limit = retention[family];
  if (limit === undefined || ageMs <= limit) return undefined;
  const message = `occurred_at is ${days(ageMs)} ago, and ${family} events are taken for ${days(limit)}: too late. It is kept in the dead-letter topic.`;
  return { ...fault('occurred_at', message), tooLate: true };
}
