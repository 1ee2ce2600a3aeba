import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent, Json } from '../oracle/base.oracle.ts';
import { eventAt, view } from '../oracle/events.fixtures.ts';

let n = 0;
const answered = (instrument: string, fields: Record<string, Json>, at = '2026-05-10'): ContractEvent =>
  eventAt('survey.answered', at, { response_id: `r${n++}`, instrument, ...fields });
const many = (count: number, instrument: string, score: number): ContractEvent[] =>
  Array.from({ length: count }, () => answered(instrument, { score }));
const now = '2026-06-01';

test('60 % promoters and 10 % detractors are an NPS of 50; only detractors −100', () => {
  const events = [...many(6, 'nps', 9), ...many(3, 'nps', 8), ...many(1, 'nps', 6)];
  const columns = 'date touchpoint responses promoters passives detractors nps';
  assert.deepEqual(view('nps_daily', events, now, columns), ['2026-05-10  10 6 3 1 50']);
  assert.deepEqual(view('nps_monthly', many(4, 'nps', 0), now, 'month nps'), ['2026-05-01 -100']);
});

test('touchpoints are never mixed in one row', () => {
  const events = [
    answered('nps', { score: 10, touchpoint: 'support' }),
    answered('nps', { score: 0, touchpoint: 'checkout' }),
  ];
  assert.deepEqual(view('nps_daily', events, now, 'touchpoint nps'), ['checkout -100', 'support 100']);
});

test('satisfied is 6 on 1–10, and the same fraction of the way on any scale', () => {
  const csat = (...events: ContractEvent[]): string[] =>
    view('csat_daily', events, now, 'responses positive csat average_score');
  assert.deepEqual(csat(answered('csat', { score: 6 }), answered('csat', { score: 5 })), ['2 1 50 5.5']);
  const five = { scale_min: 1, scale_max: 5 };
  assert.deepEqual(csat(answered('csat', { score: 3, ...five }), answered('csat', { score: 5, ...five })), [
    '2 1 50 7.75',
  ]);
});

test('effort is rescaled to 1–5, and easy from 4 on', () => {
  const seven = { scale_min: 1, scale_max: 7 };
  const events = [answered('ces', { score: 4 }), answered('ces', { score: 5, ...seven })];
  assert.deepEqual(
    view('ces_daily', events, now, 'responses average_score easy_share').map((row) => row.slice(0, 6)),
    ['2 3.83'],
  );
  assert.deepEqual(view('ces_daily', events, now, 'easy_share'), ['0.5']);
});

test('an intent is completed when the first task answer of the same visitor, that day and touchpoint, says so', () => {
  const v = { visitor_id: 'v' };
  const events = [
    answered('visitor_intent', { ...v, answer: 'buy' }),
    answered('visitor_intent', { customer_id: 'c', answer: 'buy' }),
    answered('visitor_intent', { visitor_id: 'silent', answer: 'buy' }),
    answered('visitor_intent', { ...v, answer: 'help', touchpoint: 'chat' }),
    answered('task_completion', { ...v, answer: 'no' }, '2026-05-10T10'),
    answered('task_completion', { ...v, answer: 'yes' }, '2026-05-10T09'),
    answered('task_completion', { customer_id: 'c', answer: 'no' }),
    answered('task_completion', { visitor_id: 'silent', answer: 'yes' }, '2026-05-11'),
  ];
  const columns = 'touchpoint answer responses share completion_rate';
  assert.deepEqual(view('visitor_intent_daily', events, now, columns), [
    ' buy 3 1 0.5',
    'chat help 1 1 null',
  ]);
  assert.deepEqual(view('task_completion_daily', events, now, 'date responses completed'), [
    '2026-05-10 3 1',
    '2026-05-11 1 1',
  ]);
});

test('feedback counts once under each theme, under none when it has none', () => {
  const events = [
    answered('feedback', { themes: ['price', 'speed', 'price'], sentiment: 'negative' }),
    answered('feedback', { themes: ['price'], sentiment: 'negative' }),
    answered('feedback', { comment: 'hm' }),
  ];
  assert.deepEqual(view('feedback_daily', events, now, 'theme sentiment comments'), [
    '  1',
    'price negative 2',
    'speed negative 1',
  ]);
});

test('of two answers under one response id the first counts', () => {
  const first = answered('nps', { score: 10, response_id: 'same' });
  const second = answered('nps', { score: 0, response_id: 'same' }, '2026-05-11');
  assert.deepEqual(view('nps_monthly', [second, first], now, 'responses nps'), ['1 100']);
});

test('10 are asked, 4 answer, 2 turn it down: 0.4, by the day asked (rule 58)', () => {
  const asked = Array.from({ length: 10 }, (_, i) =>
    eventAt('survey.sent', '2026-05-10', {
      response_id: `asked ${i}`,
      instrument: 'nps',
      touchpoint: 'shop',
    }),
  );
  const events = [
    ...asked,
    ...[0, 1, 2, 3].map((i) => answered('nps', { response_id: `asked ${i}`, score: 9 }, '2026-05-17')),
    ...[3, 4].map((i) => eventAt('survey.dismissed', '2026-05-11', { response_id: `asked ${i}` })),
    answered('nps', { score: 9, touchpoint: 'shop' }),
  ];
  const columns = 'date instrument touchpoint sent answered dismissed response_rate';
  assert.deepEqual(view('survey_response_daily', events, now, columns), ['2026-05-10 nps shop 10 4 2 0.4']);
});

test('the NPS of persons takes the last answer of each within 90 days up to the end of the month (rule 64)', () => {
  const says = (score: number, at: string, who: Record<string, Json>): ContractEvent =>
    answered('nps', { score, touchpoint: 'shop', ...who }, at);
  const events = [
    says(0, '2026-03-01', { customer_id: 'ann' }),
    says(2, '2026-03-02', { customer_id: 'ann' }),
    says(10, '2026-04-30', { customer_id: 'ann', visitor_id: 'v' }),
    says(7, '2026-03-03', { visitor_id: 'v' }),
    says(10, '2026-03-03', {}),
    says(0, '2026-03-05', { customer_id: 'bob', touchpoint: 'app' }),
  ];
  const columns = 'month touchpoint respondents promoters passives detractors nps';
  assert.deepEqual(view('nps_by_person_monthly', events, '2026-06-03', columns), [
    '2026-03-01 app 1 0 0 1 -100',
    '2026-03-01 shop 2 0 1 1 -50',
    '2026-04-01 app 1 0 0 1 -100',
    '2026-04-01 shop 2 1 1 0 50',
    '2026-05-01 app 1 0 0 1 -100',
    '2026-05-01 shop 2 1 1 0 50',
    // 90 days to the instant.
    '2026-06-01 app 1 0 0 1 -100',
    '2026-06-01 shop 1 1 0 0 100',
  ]);
});
