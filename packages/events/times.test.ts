import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDate, parseInstant } from './times.ts';

test('RFC 3339 with an offset is an instant, cut to the millisecond (rule 32)', () => {
  const cases: [string, string][] = [
    ['2026-05-31T12:00:00Z', '2026-05-31T12:00:00.000Z'],
    ['2026-05-31t12:00:00z', '2026-05-31T12:00:00.000Z'],
    ['2026-05-31T12:00:00.9999Z', '2026-05-31T12:00:00.999Z'],
    ['2026-05-31T12:00:00.5+02:00', '2026-05-31T10:00:00.500Z'],
    ['2026-01-01T00:00:00-05:30', '2026-01-01T05:30:00.000Z'],
    ['2026-01-01T00:00:00-00:00', '2026-01-01T00:00:00.000Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
    ['1969-12-31T23:59:59.0019Z', '1969-12-31T23:59:59.001Z'],
  ]; // prettier-ignore
  for (const [text, expected] of cases) assert.equal(parseInstant(text), Date.parse(expected), text);
});

test('what is no RFC 3339 time with an offset is refused (rule 32)', () => {
  const cases = [
    '2026-05-31', '2026-05-31T12:00:00', '2026-05-31T12:00:60Z', '2026-05-31T24:00:00Z', '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-05-00T00:00:00Z', '2026-05-31 12:00:00Z', '2026-05-31T12:00Z',
    '2026-05-31T12:00:00.Z', '2026-05-31T12:00:00+0200', '2026-05-31T12:00:00+24:00', '2026-05-31T12:00:00+02:60',
    '2026-05-31T12:00:00Zx', ' 2026-05-31T12:00:00Z', '+02026-05-31T12:00:00Z', '26-05-31T12:00:00Z', '', 'now',
    '２026-05-31T12:00:00Z', '1780000000000', '2026-05-31T12:00:00,5Z', '2026-5-31T12:00:00Z', '2100-02-29T00:00:00Z',
  ]; // prettier-ignore
  for (const text of cases) assert.equal(parseInstant(text), undefined, text);
});

test('every instant that Date writes is read as it was', () => {
  const date = fc.date({
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  fc.assert(fc.property(date, (given) => assert.equal(parseInstant(given.toISOString()), given.getTime())));
});

test('a date is a day that exists', () => {
  assert.equal(parseDate('1970-01-02'), 1);
  assert.equal(parseDate('2024-02-29'), Date.UTC(2024, 1, 29) / 86_400_000);
  for (const text of ['2026-02-29', '2026-2-01', '2026-05-31T00:00:00Z', '20260531', ''])
    assert.equal(parseDate(text), undefined, text);
});
