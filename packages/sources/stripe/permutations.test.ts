import { test } from 'node:test';
import { assertOneResult } from '../deliveries.fixtures.ts';
import { halfAYear, seconds } from './account.fixtures.ts';
import { stripeEvents } from './index.ts';

test('any order and repetition of one history of webhooks of Stripe gives one result', () => {
  assertOneResult(halfAYear().events, stripeEvents, seconds('07-01') * 1_000);
});
