import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SurveyAnswered, SurveyEvent, SurveyVoided } from '@tidemark/events/types';
import { instant, lines, timeOf, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { answered, dismissed, sent } from './answers.fixtures.ts';
import { surveys } from './surveys.ts';

/** What the answers count as, in order. */
const standings = (...events: readonly SurveyAnswered[]): readonly string[] =>
  factsOf(surveys, '12:00', ...events).map((fact) =>
    fact.kind === 'survey_answer' ? fact.standing || '-' : '',
  );

/** What becomes of invitations, in order of time. */
const invitations = (...events: readonly Exclude<SurveyEvent, SurveyVoided>[]): readonly string[] =>
  lines(
    factsOf(surveys, '12:00', ...events).filter((fact) => fact.kind === 'survey_invitation'),
    ({ activity, sent_at, instrument, touchpoint }) =>
      [activity, timeOf(sent_at), instrument, touchpoint].join(' ').trim(),
  );

test('an answer counts when it was given, with what it says', () => {
  const columns = { touchpoint: 'checkout', customer_id: 'ann', visitor_id: 'v1', score: 9 } as const;
  const given = answered('10:00', { response_id: 'r', ...columns });
  assert.deepEqual(factsOf(surveys, '12:00', given), [
    {
      kind: 'survey_answer',
      at: instant('10:00'),
      response_id: 'r',
      instrument: 'nps',
      touchpoint: 'checkout',
      customer_id: 'ann',
      visitor_id: 'v1',
      answer: '',
      standing: 'promoter',
      score: 9,
      scaled_score: 9,
      percent: 90,
      sequence: 0,
      event_id: given.event_id,
    },
  ]);
});

test('nps: detractors up to 6, passives 7 and 8, promoters 9 and 10 (rule 37)', () => {
  const scores = Array.from({ length: 11 }, (_, score) => answered('10:00', { score }));
  const counts = Map.groupBy(standings(...scores), (standing) => standing);
  assert.deepEqual(
    ['detractor', 'passive', 'promoter'].map((standing) => counts.get(standing)?.length),
    [7, 2, 2],
  );
});

test('satisfied is 6 on 1 to 10, and what is as far up on any other scale (rule 37)', () => {
  // instrument, score, scale (the default when absent), standing, rescaled score, percent of the way up
  const cases = [
    ['csat', 5, null, null, '-', 5, 400 / 9],
    ['csat', 6, null, null, 'positive', 6, 500 / 9],
    ['employee_satisfaction', 6, null, null, 'positive', 6, 500 / 9],
    ['csat', 3, 1, 5, '-', 5.5, 50],
    ['csat', 4, 1, 5, 'positive', 7.75, 75],
    ['csat', 5, 0, 9, 'positive', 6, 500 / 9],
    ['csat', 0, -9, 9, '-', 5.5, 50],
    ['csat', 1, -9, 9, 'positive', 6, 500 / 9],
    ['csat', 7, 0, 10, 'positive', 7.3, 70],
    ['csat', 5.5, 0, 10, '-', 5.95, 55],
    ['ces', 3, null, null, '-', 3, 50],
    ['ces', 4, null, null, 'easy', 4, 75],
    ['ces', 5, 1, 7, '-', 11 / 3, 200 / 3],
    ['ces', 6, 1, 7, 'easy', 13 / 3, 250 / 3],
  ] as const;
  for (const [instrument, score, scale_min, scale_max, standing, scaled, percent] of cases) {
    const [fact] = factsOf(surveys, '12:00', answered('10:00', { instrument, score, scale_min, scale_max }));
    assert.ok(fact?.kind === 'survey_answer');
    const name = `${instrument} ${score} of ${scale_min} to ${scale_max}`;
    assert.equal(fact.standing || '-', standing, name);
    assert.ok(Math.abs((fact.scaled_score ?? NaN) - scaled) < 1e-12, name);
    assert.ok(Math.abs((fact.percent ?? NaN) - percent) < 1e-12, name);
  }
});

test('a task is completed when the answer is yes; an intent has no standing and no scale', () => {
  const yes = answered('10:00', { instrument: 'task_completion', answer: 'yes' });
  const no = answered('10:01', { instrument: 'task_completion', answer: 'no' });
  const intent = answered('10:02', { instrument: 'visitor_intent', answer: 'buy', score: 3 });
  assert.deepEqual(standings(yes, no, intent), ['completed', '-', '-']);
  const [fact] = factsOf(surveys, '12:00', intent);
  assert.ok(fact?.kind === 'survey_answer');
  assert.deepEqual([fact.answer, fact.score, fact.scaled_score, fact.percent], ['buy', 3, null, null]);
});

test('feedback counts once under each of its themes, under none as the empty one (rule 38)', () => {
  const themes = (list: readonly string[], instrument: SurveyAnswered['instrument'] = 'feedback') =>
    factsOf(
      surveys,
      '12:00',
      answered('10:00', { instrument, themes: list, score: 9, sentiment: 'negative' }),
    )
      .filter((fact) => fact.kind === 'feedback_theme')
      .map(({ theme, sentiment }) => `${theme} ${sentiment}`);
  assert.deepEqual(themes(['price', 'speed', 'price']), ['price negative', 'speed negative']);
  assert.deepEqual(themes([]), [' negative']);
  assert.deepEqual(themes(['price'], 'nps'), []);
});

test('a theme carries the answer, its touchpoint and customer, and none of them when they are absent', () => {
  const themesOf = (fields: Parameters<typeof answered>[1]) =>
    factsOf(surveys, '12:00', answered('10:00', { instrument: 'feedback', themes: ['price'], ...fields }))
      .filter((fact) => fact.kind === 'feedback_theme')
      .map(({ at, response_id, touchpoint, customer_id }) => [at, response_id, touchpoint, customer_id]);
  const given = { response_id: 'r', touchpoint: 'shop', customer_id: 'ann' };
  assert.deepEqual(themesOf(given), [[instant('10:00'), 'r', 'shop', 'ann']]);
  assert.deepEqual(themesOf({ response_id: 'r' }), [[instant('10:00'), 'r', '', '']]);
});

test('feedback without a sentiment has an empty one (rule 52)', () => {
  const facts = factsOf(surveys, '12:00', answered('10:00', { instrument: 'feedback', themes: ['price'] }));
  assert.deepEqual(
    facts.flatMap((fact) => (fact.kind === 'feedback_theme' ? [fact.theme, fact.sentiment] : [])),
    ['price', ''],
  );
});

test('of two answers under one response_id the first in order counts, until it is voided (rule 24)', () => {
  const first = answered('09:00', { response_id: 'same', score: 2 });
  const second = answered('10:00', { response_id: 'same', score: 10 });
  const driver = driverOf(surveys);
  const scores = (): readonly unknown[] => driver.facts.map((fact) => fact['score']);
  driver.at(instant('12:00'));
  driver.arrives(second, first);
  assert.deepEqual(scores(), [2]);
  driver.arrives(voidOf(first));
  assert.deepEqual(scores(), [10]);
});

test('an invitation is sent, and answered or turned down; its row is that of the invitation (rule 58)', () => {
  const asked = sent('08:00', { touchpoint: 'shop' });
  assert.deepEqual(invitations(asked), ['08:00 sent 08:00 nps shop']);
  assert.deepEqual(
    invitations(
      asked,
      answered('10:00', { response_id: 'r', instrument: 'csat', score: 9, touchpoint: 'app' }),
    ),
    ['08:00 sent 08:00 nps shop', '10:00 answered 08:00 nps shop'],
  );
  assert.deepEqual(invitations(asked, dismissed('09:00')), [
    '08:00 sent 08:00 nps shop',
    '09:00 dismissed 08:00 nps shop',
  ]);
});

test('an answer without an invitation is in no rate, and one before it counts with it (rule 58)', () => {
  const early = answered('07:00', { response_id: 'r', score: 9 });
  assert.deepEqual(invitations(early, dismissed('07:30')), []);
  assert.deepEqual(invitations(early, dismissed('07:30'), sent('08:00')), [
    '08:00 sent 08:00 nps',
    '08:00 answered 08:00 nps',
    '08:00 dismissed 08:00 nps',
  ]);
});

test('of each type the first event of a response_id counts (rule 24)', () => {
  const events = [
    sent('08:00', { touchpoint: 'shop' }),
    sent('08:30', { touchpoint: 'app' }),
    dismissed('09:00'),
    dismissed('09:30'),
    answered('10:00', { response_id: 'r', score: 9 }),
    answered('10:30', { response_id: 'r', score: 1 }),
  ];
  assert.deepEqual(
    invitations(...events).map((line) => line.slice(0, 10)),
    ['08:00 sent', '09:00 dism', '10:00 answ'],
  );
});

test('the live series go by touchpoint, and count answers by instrument', () => {
  const events = [
    answered('10:00', { score: 10, touchpoint: 'shop' }),
    answered('10:01', { score: 8, touchpoint: 'shop' }),
    answered('10:02', { score: 0 }),
    answered('10:03', { instrument: 'csat', score: 9, touchpoint: 'shop' }),
    answered('10:04', { instrument: 'csat', score: 1, touchpoint: 'shop' }),
    answered('10:05', { instrument: 'ces', score: 4 }),
    answered('10:06', { instrument: 'feedback', themes: ['a', 'b'] }),
  ];
  assert.deepEqual(totalsOf(surveys, '12:00', ...events), {
    'surveys_answered nps': 3n,
    'nps_promoters shop': 1n,
    'nps_passives shop': 1n,
    'nps_detractors ': 1n,
    'surveys_answered csat': 2n,
    'csat_responses shop': 2n,
    'csat_positive shop': 1n,
    'surveys_answered ces': 1n,
    'ces_responses ': 1n,
    'ces_easy ': 1n,
    'surveys_answered feedback': 1n,
  });
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const any = fc
    .record({
      time: fc.constantFrom('08:00', '09:00', '12:00'),
      response_id: fc.constantFrom('a', 'b'),
      instrument: fc.constantFrom('nps', 'csat', 'ces', 'feedback'),
      score: fc.nat(5),
      themes: fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
    })
    .chain(({ time, ...fields }) =>
      fc.constantFrom(answered(time, fields), sent(time, fields), dismissed(time, fields)),
    );
  assertConverges(surveys, fc.array(any, { maxLength: 8 }));
});
