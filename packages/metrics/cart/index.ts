import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { cartOutcomes } from './cart-outcomes.ts';
import { cartTables } from './tables.ts';
import { cartPages, cartViews } from './views.ts';
import { cartExplained } from './explained.ts';

export { cartOutcomes } from './cart-outcomes.ts';

/** Carts: bought, left, come back to, and what they were worth. */
export const cart: MetricFamily = {
  name: 'cart',
  title: 'Carts',
  definitions: ({ cartAbandonAfterMs }) => [define(cartOutcomes(cartAbandonAfterMs))],
  tables: cartTables,
  views: cartViews,
  explained: cartExplained,
  pages: cartPages,
};
