import { entityKeyFields, type Family } from '@tidemark/events/families';
import { familyOf } from '@tidemark/events/entity';
import { chanceOf, exponential, fraction, happens, type Chance } from './chance.ts';
import type { Draft, PostedEvent } from './posted-event.ts';
import type { Subscriber } from './subscriber.ts';

/** In milliseconds. */
export const minute = 60_000;
/** In milliseconds. */
export const hour = 60 * minute;
/** In milliseconds. */
export const day = 24 * hour;

/** Shares of events that reach the collector otherwise than they should: fractions of all. */
export type Disorder = {
  /** Received more than an hour, at most three days, after they happened. */
  readonly late: number;
  /** Sent a second time some minutes later. */
  readonly repeated: number;
  /** Overtaken by events that happened up to a minute and a half later. */
  readonly outOfOrder: number;
  /** Voided some hours later. Contracts are never voided: they have mistakes of their own. */
  readonly voided: number;
};

/** What a world is made from: the same settings give the same events. */
export type WorldSettings = {
  readonly seed: number;
  /** Customers with a contract at the end of the history, about. */
  readonly customers: number;
  /** Events a second from the end of the history on, on the average of a week. */
  readonly rate: number;
  /** A midnight (UTC), from which on everything is published; the year before it contracts and exchange rates alone. */
  readonly start: number;
  /** Where the history ends and the present begins. */
  readonly end: number;
  readonly disorder: Disorder;
};

/** An event and when it is handed to the collector. */
export type Delivery = { readonly at: number; readonly event: PostedEvent };

/** Someone invited by a customer, not yet converted. */
export type Invitation = { readonly referral: string; readonly referrer: string };

/**
 * The world at the beginning of an hour. It changes in place: thousands of customers live through hundreds of hours,
 * and earlier hours are not needed. All but the timetable is plain data, so that it can be saved.
 */
export type World = {
  /** Rate and customers may be set anew between two hours; the rest stays. */
  settings: WorldSettings;
  readonly chance: Chance;
  /** Part of this world's event ids, so that two worlds in one pipeline do not repeat each other's. */
  readonly mark: string;
  /** The next hour to be lived through. */
  hour: number;
  /** How many there were so far, by what they are. */
  readonly counts: Record<string, number>;
  subscribers: Subscriber[];
  invitations: Invitation[];
  /** Current figures from outside, by name. */
  readonly figures: Record<string, number>;
  /** What is still to be delivered, by the hour (its start) in which that falls. */
  readonly timetable: Map<number, Delivery[]>;
};

/** Contracts begin this long before everything else: cohorts and rates need something to look back on. */
export const contractsBeforeMs = 365 * day;

/** A world in which nothing has happened yet. */
export function createWorld(settings: WorldSettings): World {
  const mark = (Math.imul(settings.seed ^ Math.floor(settings.start / day), 0x9e3779b1) >>> 0).toString(36);
  return {
    settings,
    chance: chanceOf(settings.seed),
    mark,
    hour: settings.start - contractsBeforeMs,
    counts: {},
    subscribers: [],
    invitations: [],
    figures: {},
    timetable: new Map(),
  };
}

/** A new id: `prefix_1`, `prefix_2` and so on, in base 36. */
export function newId(world: World, prefix: string): string {
  const count = (world.counts[prefix] ?? 0) + 1;
  world.counts[prefix] = count;
  return `${prefix}_${count.toString(36)}`;
}

/** Families published of the time before the history proper. */
const familiesBefore: ReadonlySet<Family> = new Set(['subscription', 'reading']);

/**
 * Puts an event on the timetable of deliveries, with its id, and with the disorder of the settings.
 *
 * @returns The event's id.
 */
export function publish(world: World, draft: Draft): string {
  const { chance, settings } = world;
  const event_id = `evt_${world.mark}${newId(world, '')}`;
  if (draft.occurred_at < settings.start && !familiesBefore.has(familyOf(draft.type))) return event_id;
  const event = { event_id, ...draft } as PostedEvent;
  const { late, outOfOrder, repeated, voided } = settings.disorder;

  let at = draft.occurred_at + 20 + Math.floor(fraction(chance) * 400);
  const fate = fraction(chance);
  if (fate < late) at += hour + Math.min(3 * day, Math.floor(exponential(chance, 5 * hour)));
  else if (fate < late + outOfOrder) at += 2_000 + Math.floor(fraction(chance) * 88_000);
  deliver(world, at, event);
  if (happens(chance, repeated)) deliver(world, at + Math.floor(exponential(chance, 10 * minute)), event);
  if (happens(chance, voided)) publishVoid(world, event, at + hour + exponential(chance, 8 * hour));
  return event_id;
}

function publishVoid(world: World, event: PostedEvent, when: number): void {
  const family = familyOf(event.type);
  if (family === 'subscription' || event.type.endsWith('.voided')) return;
  const keyField = entityKeyFields[family];
  const at = Math.floor(when);
  const { event_id: voids, source } = event;
  const key = (event as unknown as Readonly<Record<string, string>>)[keyField];
  const event_id = `evt_${world.mark}${newId(world, '')}`;
  const draft = { event_id, type: `${family}.voided`, occurred_at: at, source, voids, [keyField]: key };
  deliver(world, at + 100, draft as unknown as PostedEvent);
}

function deliver(world: World, at: number, event: PostedEvent): void {
  const slot = Math.max(world.hour, Math.floor(at / hour) * hour);
  const planned = world.timetable.get(slot);
  if (planned) planned.push({ at, event });
  else world.timetable.set(slot, [{ at, event }]);
}

/** How large the business is at an instant, against the end of the history: it grew over the year, and goes on growing. */
export function growth(settings: WorldSettings, at: number): number {
  const begin = settings.start - contractsBeforeMs;
  const grown = (at - begin) / (settings.end - begin);
  return grown <= 1 ? 0.12 + 0.88 * Math.max(0, grown) ** 1.5 : 1 + (grown - 1) * 0.6;
}
