import { countBy, to, type Definition } from '@tidemark/metrics/definition/definition';
import type { AuctionOpened, PersonRegistered } from './events.ts';
import { nexmarkFamily } from './family.ts';

const windowMs = 10_000;

/** The begin of the window of ten seconds that an instant is in. */
export const windowOf = (at: number): number => at - (at % windowMs);

const facts = {
  /** A person who registered and opened an auction in one window, which began at `window`. */
  new_seller: { person: 'integer', name: 'string', window: 'instant' },
} as const;

type Person = {
  readonly registered: { readonly window: number; readonly name: string } | undefined;
  /** The last window in which the person opened an auction. */
  readonly sold: number | undefined;
  readonly isPublished: boolean;
};

/** Nexmark q8: people who opened an auction in the window of ten seconds in which they registered. The entity is the person. */
export const newSellers: Definition<Person, PersonRegistered | AuctionOpened, typeof facts> = {
  name: 'nexmark-q8',
  version: '1',
  on: nexmarkFamily,
  facts,
  initial: { registered: undefined, sold: undefined, isPublished: false },
  due: () => undefined,
  step(person, input) {
    if (input.type === 'tick' || person.isPublished) return to(person);
    const window = windowOf(input.occurred_at);
    const registered = input.type === 'engagement.person' ? { window, name: input.name } : person.registered;
    const sold = input.type === 'engagement.auction' ? window : person.sold;
    if (registered === undefined || registered.window !== sold)
      return to({ registered, sold, isPublished: false });
    return to(
      { registered, sold, isPublished: true },
      {
        kind: 'new_seller',
        at: input.occurred_at,
        person: input.type === 'engagement.person' ? input.person : input.seller,
        name: registered.name,
        window: registered.window,
      },
    );
  },
  counters: { new_sellers: countBy() },
  count: () => [{ series: ['new_sellers'], by: 1n }],
};
