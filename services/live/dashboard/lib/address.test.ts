import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchOf, shownOf, wantedFrom } from './address.js';

const known = { zone: 'Europe/Berlin', currencies: ['EUR', 'USD'] };
const zones = ['Europe/Berlin', 'UTC'];
const shown = (search: string) => shownOf(wantedFrom(search), known, zones, '2026-03-03');

test('without an address the last 30 days are shown, in the first currency and the reporting zone', () => {
  assert.deepEqual(shown(''), {
    from: '2026-02-02',
    to: '2026-03-03',
    preset: '30d',
    currency: 'EUR',
    zone: 'Europe/Berlin',
    against: undefined,
  });
});

test('an address shows the same to others', () => {
  for (const search of [
    '?period=7d&currency=USD&zone=UTC',
    '?from=2026-01-01&to=2026-01-31&currency=USD&against=2025-01-01',
    '?period=7d&against=year&tables=mrr+carts',
    '?period=7d&owner=Ada+L.&segment=smb',
    '?period=7d&owner=',
  ]) {
    assert.equal(searchOf(wantedFrom(search)), search);
  }
  assert.equal(shown('?period=7d&currency=USD&zone=UTC').currency, 'USD');
  assert.equal(shown('?period=7d&currency=USD&zone=UTC').zone, 'UTC');
  assert.equal(shown('?from=2026-01-01&to=2026-01-31').to, '2026-01-31');
});

test('a currency or zone that does not exist is not shown', () => {
  assert.equal(shown('?period=forever').preset, '30d');
  assert.equal(shown('?from=2026-01-01&to=tomorrow').preset, '30d');
  assert.equal(shown('?from=2026-13-01&to=2026-13-02').preset, '30d');
  assert.equal(shown('?currency=XTS').currency, 'EUR');
  assert.equal(shown('?zone=Mars/Olympus').zone, 'Europe/Berlin');
});

test('what is compared with is a day that exists, or nothing but the period right before', () => {
  assert.equal(shown('?period=7d&against=year').against, '2025-02-25');
  assert.equal(shown('?period=7d&against=lately').against, undefined);
});

test('there is a currency before any money has come in', () => {
  assert.equal(shownOf(wantedFrom(''), { ...known, currencies: [] }, zones, '2026-03-03').currency, 'EUR');
});
