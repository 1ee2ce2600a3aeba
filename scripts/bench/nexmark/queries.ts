import { define, type Definition } from '@tidemark/metrics/definition/definition';
import { averagePrice } from './average-price.ts';
import type { NexmarkEvent } from './events.ts';
import { lastBids } from './last-bids.ts';
import { newSellers } from './new-sellers.ts';

/** One of Nexmark's queries on our runtime. */
export type Query = {
  readonly summary: string;
  readonly definition: Definition;
  /** The entity an event belongs to; `undefined` for an event that the query does not read. */
  readonly keyOf: (event: NexmarkEvent) => string | undefined;
};

/** The queries, by their names in Nexmark. */
export const queries: Readonly<Record<'q4' | 'q8' | 'q18', Query>> = {
  q4: {
    summary: 'average price of closed auctions, by category: join, timer, aggregate',
    definition: define(averagePrice),
    keyOf: (event) => (event.type === 'engagement.person' ? undefined : String(event.auction)),
  },
  q8: {
    summary: 'people who registered and sold within ten seconds: join of windows',
    definition: define(newSellers),
    keyOf: (event) =>
      event.type === 'engagement.person'
        ? String(event.person)
        : event.type === 'engagement.auction'
          ? String(event.seller)
          : undefined,
  },
  q18: {
    summary: 'last bid of each bidder for each auction: the newest of a key',
    definition: define(lastBids),
    keyOf: (event) => (event.type === 'engagement.bid' ? `${event.auction} ${event.bidder}` : undefined),
  },
};
