import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from '../components/drill.js';
import { fragmentOf, pageFrom } from './place.js';

const pages: readonly Page[] = [
  { customer: 'a & b = c#1' },
  { catalogue: '' },
  { movements: { from: '2026-01-01', to: '2026-01-31', currency: 'EUR', movement: 'churn' } },
  { movements: { from: '2026-01-01', to: '2026-01-31', currency: 'EUR', owner: '', segment: 'smb' } },
  {
    figure: { view: 'mrr_daily', column: 'mrr', key: { date: '2026-01-31', currency: 'EUR' }, operand: 'x' },
  },
  { difference: { view: 'churn_daily', column: 'churn_rate', key: { date: '2026-01-31' } } },
  { events: { family: 'cart', entity: 'c.1', eventId: '' } },
  { view: { view: 'churn_by_owner_monthly', measure: 'churn_rate', where: { owner: 'ada' } } },
  { view: { view: 'mrr_daily', where: {} } },
];

test('an address with an open sheet opens the same for others', () => {
  for (const page of pages) assert.deepEqual(pageFrom(fragmentOf(page)), page);
  assert.equal(fragmentOf(undefined), '');
});

test('a fragment that names no sheet, or half of one, opens none', () => {
  for (const fragment of [
    '',
    '#now',
    '#open=mrr',
    '#open=figure&view=mrr_daily',
    '#open=constructor&is=x',
    '#open=view',
  ])
    assert.equal(pageFrom(fragment), undefined, fragment);
});
