import { test } from 'node:test';
import { assertOneResult } from '../deliveries.fixtures.ts';
import { shopifyEvents } from './index.ts';
import { spring, type Delivery } from './shop.fixtures.ts';

const translate = ({ topic, body }: Delivery) => shopifyEvents(topic, body);

test('any order and repetition of one history of webhooks of Shopify gives one result', () => {
  assertOneResult(spring(), translate, Date.UTC(2026, 4, 1));
});
