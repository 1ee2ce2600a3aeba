/** What is published in a run: random histories, shaken, with repetitions, strays and records that cannot be read. */
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { families, type Family } from '@tidemark/events/families';
import { partitionOf } from '@tidemark/events/partition-of';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { between, chance, type Draw, pick } from '@tidemark/metrics/histories/draw.fixtures';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { randomHistory } from '../support/histories.ts';

/** A record on its way to its topic. */
export type Publication = {
  /** Milliseconds since the begin of the run. */
  readonly at: number;
  readonly family: Family;
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer;
  /** The event as it is posted; `undefined` for what is no event. */
  readonly posted: ContractEvent | undefined;
};

/** All that is published, and what of it are events. */
export type Workload = {
  readonly publications: readonly Publication[];
  /** Each once. */
  readonly events: readonly Event[];
  /** Records that are no events. */
  readonly bad: number;
};

const day = 86_400_000;
/** Percent of the events. */
const share = { repeated: 25, stray: 10, bad: 2 };

/** The same history with other ids of events, so that two can be mixed. */
function named(prefix: string, history: readonly ContractEvent[]): ContractEvent[] {
  return history.map((event) => ({
    ...event,
    event_id: prefix + event.event_id,
    ...(typeof event['voids'] === 'string' ? { voids: prefix + event['voids'] } : {}),
  }));
}

/** Draws the load of a run that lasts so long: half of the events happened in the weeks before, half happen meanwhile. */
export function drawLoad(
  draw: Draw,
  { epochMs, durationMs, partitions }: { epochMs: number; durationMs: number; partitions: number },
): Workload & { readonly families: readonly Family[] } {
  const others = families.filter((family) => family !== 'purchase' && family !== 'cart');
  const scope: readonly [Family, ...Family[]] = [
    'purchase',
    'cart',
    ...others.filter(() => chance(draw, 25)),
  ];
  const before = { from: epochMs - 40 * day, to: epochMs - 1 };
  const meanwhile = { from: epochMs, to: epochMs + durationMs - 1 };
  const history = [
    ...named('a', randomHistory(draw.below(2 ** 30), between(draw, 20, 60), before, ...scope)),
    ...named('b', randomHistory(draw.below(2 ** 30), between(draw, 20, 60), meanwhile, ...scope)),
  ];
  const publications: Publication[] = [];
  const events = history.map((posted): Event => {
    const verdict = acceptJson(posted, { now: meanwhile.to, defaultSource: 'test' });
    if (!verdict.ok) throw new Error(JSON.stringify([posted, verdict]));
    const { event } = verdict;
    const family = familyOf(event.type);
    const key = entityKeyOf(event);
    const own = partitionOf(key, partitions);
    for (let again = true; again; again = chance(draw, share.repeated)) {
      const earliest = Math.max(0, event.occurred_at - epochMs);
      const partition = chance(draw, share.stray) ? draw.below(partitions) : own;
      const at = between(draw, earliest, durationMs);
      publications.push({ at, family, partition, key, value: encodeEvent(event), posted });
    }
    return event;
  });
  let bad = 0;
  for (const { at, family, partition, key } of publications.slice())
    if (chance(draw, share.bad)) {
      const value = Buffer.from(pick(draw, ['', '{}', 'no event']));
      publications.push({ at, family, partition, key, value, posted: undefined });
      bad += 1;
    }
  publications.sort((a, b) => a.at - b.at);
  return { families: scope, publications, events, bad };
}
