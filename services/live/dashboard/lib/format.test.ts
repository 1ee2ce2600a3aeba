import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as format from './format.js';

test('large amounts have no minor units', () => {
  assert.equal(format.money('371781.873319', 'EUR'), '€371,782');
  assert.equal(format.money('59.5', 'GBP'), '£59.50');
  assert.equal(format.money('4725305.5', 'JPY'), 'JP¥4,725,306');
  assert.equal(format.money('950', 'JPY'), 'JP¥950');
  assert.equal(format.money('-11060.68', 'EUR', { isSigned: true }), '−€11,061');
  assert.equal(format.money('347650', 'EUR', { isShort: true }), '€347.7k');
  assert.equal(format.money('8625', 'EUR', { isExact: true }), '€8,625.00');
  assert.equal(format.money(null, 'EUR'), '–');
});

test('no two currencies are written alike', () => {
  const currencies = [
    'USD',
    'AUD',
    'CAD',
    'NZD',
    'SGD',
    'HKD',
    'MXN',
    'DKK',
    'NOK',
    'SEK',
    'ISK',
    'JPY',
    'CNY',
  ];
  const texts = currencies.map((currency) => format.money('20', currency).replace(/\.00$/, ''));
  assert.equal(new Set(texts).size, currencies.length, texts.join(' '));
  assert.deepEqual(texts.slice(0, 2), ['US$20', 'A$20']);
  assert.equal(format.money('20', 'DKK').replaceAll('\u00a0', ' '), 'DKK 20.00');
});

test('a count that is no exact number is a text, written digit by digit (rule 53)', () => {
  assert.equal(format.count('9907919180215090100').replace(/\D/g, ''), '9907919180215090100');
});

test('a missing figure is a dash, never a 0', () => {
  for (const text of [
    format.count(null),
    format.percent(undefined),
    format.duration(null),
    format.signed(null),
  ])
    assert.equal(text, '–');
});

test('rates are percentages', () => {
  assert.equal(format.percent(0.0243), '2.4 %');
  assert.equal(format.percent(-0.5, 0), '−50 %');
});

test('durations have two units', () => {
  assert.equal(format.duration(0.2), '< 1 s');
  assert.equal(format.duration(42), '42 s');
  assert.equal(format.duration(3_600), '1 h');
  assert.equal(format.duration(16_072), '4 h 28 min');
  assert.equal(format.duration(143_861), '39 h 58 min');
  assert.equal(format.duration(5 * 86_400 + 7_200), '5 d 2 h');
});

test('instants within a text are written in the zone', () => {
  const text = 'ops silenced it until 2020-03-02T20:19:02.754Z: deploy.';
  assert.equal(
    format.instantsIn(text, 'Europe/Berlin'),
    `ops silenced it until ${format.instant('2020-03-02T20:19:02.754Z', 'Europe/Berlin')}: deploy.`,
  );
  assert.match(format.instantsIn(text, 'Europe/Berlin'), /21:19/);
});

test('a change says whether it is good news', () => {
  assert.deepEqual(format.change(110, 100, { better: 'up' }), { text: '+10.0 %', tone: 'good' });
  assert.deepEqual(format.change(110, 100, { better: 'down' }), { text: '+10.0 %', tone: 'bad' });
  assert.deepEqual(format.change(0.02, 0.027, { better: 'down', in: 'points' }), {
    text: '−0.70 pp',
    tone: 'good',
  });
  assert.deepEqual(format.change(100, 100, { better: 'up' }), { text: '0.0 %', tone: 'even' });
  assert.deepEqual(format.change(19.4, 15.1, { better: 'up', in: 'units', unit: 'points' }), {
    text: '+4.3 points',
    tone: 'good',
  });
  assert.equal(format.change(5, null, { better: 'up' }), undefined);
  assert.equal(format.change(5, 0, { better: 'up' }), undefined);
});

test('days are days, in whatever zone the reader is; instants are of a zone', () => {
  assert.equal(format.day('2026-05-01'), '1 May');
  assert.equal(format.day('2026-05-04', 'week'), 'week of 4 May');
  assert.equal(format.day('2026-05-01', 'month'), 'May 2026');
  assert.equal(format.instant('2019-05-01T22:30:00Z', 'Europe/Berlin'), '2 May 2019, 00:30');
  assert.equal(format.instant(0, 'UTC', { hasDay: false, hasSeconds: true }), '00:00:00');
});
