import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '@tidemark/command/collector-client';
import { liveHour } from './life.ts';
import type { Memory } from './memory.ts';
import type { PostedEvent } from './posted-event.ts';
import { day, hour, type Delivery, type World, type WorldSettings } from './world.ts';

/** What the course of the world needs of the world outside. */
export type Course = {
  readonly world: World;
  /** Deliveries up to this instant, included, were acknowledged in an earlier run. */
  readonly through: number;
  /** Rate and customers from here on; they take force at the first hour that was not lived in an earlier run. */
  readonly wanted: WorldSettings;
  readonly memory: Memory;
  readonly post: (events: readonly PostedEvent[]) => Promise<Answer>;
  /** The wall clock, milliseconds. */
  readonly clock: () => number;
  /** Ends the course; so that no wait holds it up. */
  readonly signal: AbortSignal;
  /** Whether to end once nothing is due any more, rather than go on live. */
  readonly once: boolean;
  /** Called after each batch. */
  readonly onPublished?: (published: Published) => void;
};

/** The result of a batch. */
export type Published = {
  readonly events: number;
  readonly through: number;
  readonly rejected: Answer['rejected'];
};

/** Events of others wait behind a batch. */
const batchEventsMax = 500;
/** How long live events are gathered. */
const gatherMs = 150;
/** How often the position is saved. After a crash, later events are sent again under the same ids. */
const positionMs = 2_000;
/** How much time of the world passes at least between two savings of it while it catches up. */
const keptEveryMs = 5 * day;

/**
 * Lives through the world and publishes it: the past as fast as the collector accepts it, one batch after the other so
 * that order is kept; then each event at its instant.
 *
 * @throws Whatever posting throws, and the signal's reason; the position is saved all the same.
 */
export async function runCourse(course: Course): Promise<void> {
  const { world, memory, clock, signal } = course;
  const livedUntil = Math.floor(course.through / hour) * hour;
  let through = course.through;
  let savedAt = 0;
  let keptHour = world.hour;
  let pending: readonly Delivery[] = [];

  /** Posts what is due, until nothing is left or, where the rest is not due yet and `once` is asked for, not. */
  const deliver = async (): Promise<boolean> => {
    let next = 0;
    while (next < pending.length) {
      const end = endOfBatch(pending, next, clock());
      if (end === next) {
        if (course.once) return false;
        const ms = Math.max(1, (pending[next] as Delivery).at - clock());
        await sleep(ms, undefined, { signal });
        continue;
      }
      const events = pending.slice(next, end).map(({ event }) => event);
      const { rejected } = await course.post(events);
      through = (pending[end - 1] as Delivery).at;
      next = end;
      if (performance.now() - savedAt > positionMs) {
        await memory.keepPosition(through);
        savedAt = performance.now();
      }
      course.onPublished?.({ events: events.length, through, rejected });
      if (events.length < batchEventsMax && next < pending.length)
        await sleep(gatherMs, undefined, { signal });
    }
    pending = [];
    return true;
  };

  try {
    for (;;) {
      const current = clock() < world.hour + hour;
      const changed = world.settings !== course.wanted && world.hour > livedUntil;
      // The world may be saved only between two hours, with nothing on its way; and must be where its settings change.
      // Where little happens it is saved more seldom: a batch of few events takes as long as a full one.
      const isDue = world.hour - keptHour >= keptEveryMs && pending.length >= batchEventsMax / 2;
      if (current || changed || isDue) {
        if (!(await deliver())) return;
        if (changed) world.settings = course.wanted;
        await memory.keepPosition(through);
        await memory.keep(world);
        keptHour = world.hour;
      }
      if (course.once && world.hour > clock()) return;
      const lived = liveHour(world).filter(({ at }) => at > course.through);
      pending = pending.length === 0 ? lived : [...pending, ...lived];
      if (pending.length >= batchEventsMax || world.hour > clock()) {
        if (!(await deliver())) return;
      }
    }
  } finally {
    await memory.keepPosition(through);
  }
}

/** Where the batch that begins at `next` ends: with what is not due yet, or when it is full; never within an instant. */
function endOfBatch(pending: readonly Delivery[], next: number, now: number): number {
  let end = next;
  for (let last = 0; end < pending.length; end++) {
    const { at } = pending[end] as Delivery;
    if (at > now || (end - next >= batchEventsMax && at !== last)) break;
    last = at;
  }
  return end;
}
