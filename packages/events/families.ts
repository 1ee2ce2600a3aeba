import { families, retentionDays } from './family-list.ts';

export { entityKeyFields, families } from './family-list.ts';

/** An event family: each has its schema in `schemas/events`. */
export type Family = (typeof families)[number];

/** Whether this is the name of a family. */
export function isFamily(name: string): name is Family {
  return (families as readonly string[]).includes(name);
}

const day = 86_400_000;
const ageMax = (family: Family): number | undefined => {
  const days = retentionDays[family];
  return days === null ? undefined : days * day;
};

/**
 * How old an event of a family may be when it is first received, in milliseconds; `undefined` for any age. It judges
 * arriving events alone, never what an entity remembers (rule 30).
 */
export type Retention = { readonly [F in Family]: number | undefined };

/** The contract's retention. */
export const retentionMs = Object.fromEntries(
  families.map((family) => [family, ageMax(family)]),
) as Retention;

/** How far ahead of the clock an event's time may be, in milliseconds: clocks of publishers differ. */
export const aheadMsMax = 5 * 60_000;

/**
 * The topic of a family's events, as they are published.
 *
 * @param prefix What the names of all topics begin with: `KAFKA_PREFIX`.
 */
export function topicOf(family: Family, prefix: string): string {
  return `${prefix}events.${family}`;
}
