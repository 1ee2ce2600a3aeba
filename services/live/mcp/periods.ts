import { Temporal } from 'temporal-polyfill';
import { parseInstant } from '@tidemark/events/times';
import type { Metric } from '@tidemark/metrics/catalogue';
import { CannotAnswer } from './cannot.ts';

/** How long a period is. */
export type Grain = keyof Metric['grains'];

/** A period of the reporting zone. */
export type AskedPeriod = {
  /** As the column of a view has it: a day, or the instant an hour begins. */
  readonly key: string;
  /** When it has ended, in milliseconds since the epoch. */
  readonly endsAt: number;
};

const forms: { readonly [grain in Grain]: string } = {
  hour: 'an hour is its start, such as 2026-05-01T10:00:00Z',
  day: 'a day is such as 2026-05-01',
  week: 'a week is its Monday, such as 2026-05-04',
  month: 'a month is such as 2026-05',
};

/**
 * The period that a text names.
 *
 * @throws CannotAnswer when it names none of this grain.
 */
export function periodOf(grain: Grain, text: string, zone: string): AskedPeriod {
  const found = grain === 'hour' ? hourOf(text) : daysOf(grain, text, zone);
  if (found === undefined)
    throw new CannotAnswer(`${text} is no ${grain}.`, `Of grain ${grain}, ${forms[grain]}.`);
  return found;
}

function hourOf(text: string): AskedPeriod | undefined {
  const at = parseInstant(text);
  if (at === undefined || at % 900_000 !== 0) return undefined;
  return { key: new Date(at).toISOString().slice(0, 23).replace('T', ' '), endsAt: at + 3_600_000 };
}

function daysOf(grain: Exclude<Grain, 'hour'>, text: string, zone: string): AskedPeriod | undefined {
  const whole = grain === 'month' && /^\d{4}-\d\d$/.test(text) ? `${text}-01` : text;
  if (!/^\d{4}-\d\d-\d\d$/.test(whole)) return undefined;
  let first: Temporal.PlainDate;
  try {
    first = Temporal.PlainDate.from(whole, { overflow: 'reject' });
  } catch {
    return undefined;
  }
  if ((grain === 'week' && first.dayOfWeek !== 1) || (grain === 'month' && first.day !== 1)) return undefined;
  if (first.year < 1980 || first.year > 2148) return undefined;
  const next = first.add({ day: { days: 1 }, week: { days: 7 }, month: { months: 1 } }[grain]);
  return { key: whole, endsAt: next.toZonedDateTime(zone).epochMilliseconds };
}

/**
 * The instant as of which something is to be known.
 *
 * @throws CannotAnswer for anything else than an instant that is past.
 */
export function knownAtOf(text: string, now: number): number {
  const at = parseInstant(text);
  if (at === undefined)
    throw new CannotAnswer(`${text} is no instant.`, 'known_at is such as 2026-06-01T09:00:00Z.');
  if (at > now)
    throw new CannotAnswer(
      `${text} has not come yet, and nobody knows what will be known then.`,
      'Ask as of an instant that is past, or leave known_at out for now.',
    );
  return at;
}
