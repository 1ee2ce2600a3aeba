import { random } from '../workload.ts';
import type { NexmarkEvent } from './events.ts';

/** Of 50 events, 1 registers a person, 3 open auctions, 46 are bids. */
const [cycle, auctionsPerCycle] = [50, 3];
const openAuctions = 100;
const activePeople = 1_000;
const categories = 5;
/** One in so many goes anywhere; the others go to the hot one of each hundred. */
const [coldBids, coldBidders, coldSellers] = [2, 4, 4];
const hotEvery = 100;
const cities = ['Phoenix', 'Portland', 'Boise', 'Cheyenne', 'Seattle'];
/** Bytes of an event of each type, about. */
const bytes = { person: 200, auction: 500, bid: 100 };
const envelopeBytes = 40;

/** How many events, and how close in event time. */
export type NexmarkOptions = {
  readonly events: number;
  readonly seed: number;
  readonly from: number;
  readonly eventsPerSecond: number;
};

/**
 * Nexmark's events in the order of time, with the proportions and hot keys of Apache Beam's generator.
 *
 * @see https://github.com/apache/beam/blob/master/sdks/java/testing/nexmark/src/main/java/org/apache/beam/sdk/nexmark/NexmarkConfiguration.java
 */
export function* nexmark({ events, seed, from, eventsPerSecond }: NexmarkOptions): Generator<NexmarkEvent> {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  /** Half of all auctions are open for less than it takes to open `openAuctions` more. */
  const horizonMs = ((openAuctions * cycle) / auctionsPerCycle / eventsPerSecond) * 1_000;
  let [people, auctions] = [0, 0];
  const recent = (count: number, newest: number, cold: number): number => {
    const isHot = below(cold) > 0;
    const last = Math.max(newest - 1, 0);
    return isHot ? last - (last % hotEvery) : last - below(Math.min(count, last + 1));
  };
  const padding = (type: keyof typeof bytes): string => 'x'.repeat(bytes[type] - envelopeBytes);
  for (let index = 0; index < events; index++) {
    const occurred_at = from + Math.floor((index * 1_000) / eventsPerSecond);
    const envelope = { event_id: `n-${index}`, occurred_at, sequence: index, source: 'nexmark' };
    const place = index % cycle;
    if (place === 0) {
      const person = people++;
      const city = cities[below(cities.length)]!;
      yield {
        ...envelope,
        type: 'engagement.person',
        person,
        name: `person ${person}`,
        city,
        extra: padding('person'),
      };
    } else if (place <= auctionsPerCycle)
      yield {
        ...envelope,
        type: 'engagement.auction',
        auction: auctions++,
        seller: recent(activePeople, people, coldSellers),
        category: below(categories),
        expires: occurred_at + 1 + below(2 * horizonMs),
        extra: padding('auction'),
      };
    else
      yield {
        ...envelope,
        type: 'engagement.bid',
        auction: recent(openAuctions, auctions, coldBids),
        bidder: recent(activePeople, people, coldBidders),
        price: Math.round(10 ** (next() * 6) * 100),
        extra: padding('bid'),
      };
  }
}
