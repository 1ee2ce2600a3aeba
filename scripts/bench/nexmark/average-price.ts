import { countBy, to, type Definition } from '@tidemark/metrics/definition/definition';
import type { AuctionOpened, BidMade } from './events.ts';
import { nexmarkFamily } from './family.ts';

const facts = {
  /** The price an auction closed at, when it expired. */
  auction_closed: { category: 'integer', price: 'integer' },
} as const;

type Auction =
  | { readonly status: 'none' }
  | {
      readonly status: 'open';
      readonly category: number;
      readonly expires: number;
      readonly highest: number | undefined;
    }
  | { readonly status: 'closed' };

/** Nexmark q4: the average over auctions of the highest bid while each was open, by category. The entity is the auction. */
export const averagePrice: Definition<Auction, AuctionOpened | BidMade, typeof facts> = {
  name: 'nexmark-q4',
  version: '1',
  on: nexmarkFamily,
  facts,
  initial: { status: 'none' },
  due: (auction) => (auction.status === 'open' ? auction.expires : undefined),
  step(auction, input) {
    if (input.type === 'engagement.auction')
      return to({ status: 'open', category: input.category, expires: input.expires, highest: undefined });
    if (auction.status !== 'open') return to(auction);
    if (input.type === 'engagement.bid')
      return to({ ...auction, highest: Math.max(auction.highest ?? 0, input.price) });
    const { category, highest } = auction;
    if (highest === undefined) return to({ status: 'closed' });
    return to({ status: 'closed' }, { kind: 'auction_closed', at: input.at, category, price: highest });
  },
  // The average is the second by the first.
  counters: { auctions_closed: countBy('category'), auctions_price: countBy('category') },
  count: ({ category, price }) => [
    { series: ['auctions_closed', String(category)], by: 1n },
    { series: ['auctions_price', String(category)], by: BigInt(price) },
  ],
};
