import { test } from 'node:test';
import { assertOneResult } from '../deliveries.fixtures.ts';
import { month } from './desk.fixtures.ts';
import { zendeskEvents } from './index.ts';

test('any order and repetition of one history of webhooks of Zendesk gives one result', () => {
  assertOneResult(month().deliveries, zendeskEvents, Date.UTC(2026, 3, 1));
});
