import { fraction, type Chance } from './chance.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** How busy each hour and each day is, against the average; hours in UTC, days from Monday. */
type Rhythm = { readonly hours: readonly number[]; readonly days: readonly number[] };

const evened = (weights: readonly number[]): readonly number[] => {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
};

/** People at work: contracts, support. Mornings above all; weekends quiet. */
const office: Rhythm = {
  hours: evened([2, 1, 1, 1, 2, 4, 8, 16, 26, 30, 29, 26, 20, 24, 27, 25, 21, 16, 11, 8, 6, 5, 4, 3]),
  days: evened([12, 11, 11, 10.5, 9, 3.5, 3]),
};

/** People at home: shopping, talking. Evenings and Sundays. */
const leisure: Rhythm = {
  hours: evened([6, 3, 2, 2, 2, 3, 5, 8, 11, 13, 14, 15, 17, 15, 14, 14, 15, 18, 22, 26, 28, 25, 18, 11]),
  days: evened([9.5, 9, 9, 9.5, 10, 10.5, 12.5]),
};

/** The rhythms that things follow. */
export const rhythms = { office, leisure } as const;

/** The name of a rhythm. */
export type RhythmName = keyof typeof rhythms;

/** Day of the week of an instant, 0 for Monday. */
export function weekday(at: number): number {
  // 1 January 1970 was a Thursday.
  return (Math.floor(at / day) + 3) % 7;
}

/** How busy the hour of an instant is: 1 on the average of a week. */
export function busyness(name: RhythmName, at: number): number {
  const rhythm = rhythms[name];
  return (rhythm.hours[Math.floor(at / hour) % 24] as number) * (rhythm.days[weekday(at)] as number);
}

/** How busy the day of an instant is: 1 on the average of a week. */
export function dayBusyness(name: RhythmName, at: number): number {
  return rhythms[name].days[weekday(at)] as number;
}

/** An instant of the day that begins at `midnight`, in its busy hours more likely than in others. */
export function instantOfDay(chance: Chance, name: RhythmName, midnight: number): number {
  let left = fraction(chance) * 24;
  let index = 0;
  for (const weight of rhythms[name].hours) {
    if (left < weight) break;
    left -= weight;
    index++;
  }
  return midnight + Math.min(index, 23) * hour + Math.floor(fraction(chance) * hour);
}
