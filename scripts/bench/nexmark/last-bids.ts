import { countBy, to, type Definition } from '@tidemark/metrics/definition/definition';
import type { BidMade } from './events.ts';
import { nexmarkFamily } from './family.ts';

const facts = {
  /** The last bid of a bidder for an auction became another: the sum of the changes is its price. */
  last_bid: { auction: 'integer', bidder: 'integer', price_change: 'integer' },
} as const;

type LastBid = { readonly price: number };

/** Nexmark q18: the last bid of each bidder for each auction. The entity is the pair of the two. */
export const lastBids: Definition<LastBid, BidMade, typeof facts> = {
  name: 'nexmark-q18',
  version: '1',
  on: nexmarkFamily,
  facts,
  initial: { price: 0 },
  due: () => undefined,
  step(last, input) {
    if (input.type === 'tick') return to(last);
    const { auction, bidder, price } = input;
    const change = { auction, bidder, price_change: price - last.price };
    return to({ price }, { kind: 'last_bid', at: input.occurred_at, ...change });
  },
  counters: { bids: countBy() },
  count: () => [{ series: ['bids'], by: 1n }],
};
