import {
  all,
  type ExplainedView,
  type ExplainedViews,
  type Explanation,
  facts,
  type Parts,
  ratioFormula,
  rolled,
  same,
  within,
} from '../sql/explained.ts';
import { type CivilPeriod, day, month } from '../sql/period.ts';

/** Answers to one instrument by period and touchpoint, by their standing. */
function answers(
  instrument: string,
  period: CivilPeriod,
  standings: { readonly [column: string]: string },
  rest: (of: (value: string) => Parts) => { readonly [column: string]: Explanation } = () => ({}),
): ExplainedView {
  const answered = (value: string): Parts =>
    rolled(
      'survey_15m',
      'survey_answer',
      value,
      all(within(period), same('touchpoint'), `instrument = '${instrument}'`),
    );
  return {
    key: [period.column, 'touchpoint'],
    columns: {
      responses: answered('answers'),
      ...Object.fromEntries(
        Object.entries(standings).map(([column, standing]) => [
          column,
          answered(`answers * (standing = '${standing}')`),
        ]),
      ),
      ...rest(answered),
    },
  };
}

const scores = (answered: (value: string) => Parts): { [column: string]: Explanation } => ({
  average_score: ratioFormula('rate_of(scores, responses)', {
    scores: answered('scaled_score * answers'),
    responses: { column: 'responses' },
  }),
});

const nps = (period: CivilPeriod): ExplainedView =>
  answers('nps', period, { promoters: 'promoter', passives: 'passive', detractors: 'detractor' });
const csat = (instrument: string, period: CivilPeriod): ExplainedView =>
  answers(instrument, period, { positive: 'positive' }, scores);
const ces = (period: CivilPeriod): ExplainedView =>
  answers('ces', period, {}, (answered) => ({
    ...scores(answered),
    easy_share: ratioFormula('rate_of(easy, responses)', {
      easy: answered("answers * (standing = 'easy')"),
      responses: { column: 'responses' },
    }),
  }));

/** The last answer of each person within the 90 days up to the end of the month, or now. */
const persons = (which: string): Parts => ({
  from: { kind: 'survey_answer' },
  where: all(
    "instrument = 'nps' AND (customer_id != '' OR visitor_id != '')",
    same('touchpoint'),
    `at < least(toDateTime(addMonths(:month, 1), '{{REPORTING_TIMEZONE}}'), now())`,
    `at >= least(toDateTime(addMonths(:month, 1), '{{REPORTING_TIMEZONE}}'), now()) - 90 * 86400`,
  ),
  each: {
    person: "if(customer_id != '', customer_id, visitor_id)",
    is_customer: "toUInt8(customer_id != '')",
  },
  value: `toInt64(${which})`,
});
const last = 'argMax(standing, (at, sequence, event_id))';

const who =
  "multiIf(visitor_id != '', cityHash64('visitor', visitor_id), customer_id != '', cityHash64('customer', customer_id), 0)";
const intended = all(within(day, 'at'), same('touchpoint'), "instrument = 'visitor_intent'");
/** Of those who answered what they came for, those who also answered whether they got it done, by their first answer. */
const withTask = (value: string): Parts => ({
  from: `(
      SELECT ${who} AS who, sum(toInt64(intent.sign)) AS answers
      FROM tidemark_store.survey_answer AS intent
      WHERE ${all(intended, same('answer'))}
      GROUP BY who
      HAVING answers > 0
    ) AS intents
    INNER JOIN (
      SELECT who, argMin(standing, (at, sequence, event_id)) = 'completed' AS is_completed
      FROM (
        SELECT ${who} AS who, standing, at, sequence, event_id
        FROM tidemark_store.survey_answer AS task
        WHERE ${all(within(day, 'at'), same('touchpoint'), "instrument = 'task_completion'")} AND who != 0
        GROUP BY who, standing, at, sequence, event_id
        HAVING sum(task.sign) > 0
      )
      GROUP BY who
    ) AS tasks USING (who)`,
  where: '1',
  each: { who: 'who' },
  value,
});

/** How the figures of surveys come about. */
export const surveyExplained: ExplainedViews = {
  nps_daily: nps(day),
  nps_monthly: nps(month),
  nps_by_person_monthly: {
    key: ['month', 'touchpoint'],
    columns: {
      respondents: persons('1'),
      promoters: persons(`${last} = 'promoter'`),
      passives: persons(`${last} = 'passive'`),
      detractors: persons(`${last} = 'detractor'`),
    },
  },
  csat_daily: csat('csat', day),
  csat_monthly: csat('csat', month),
  ces_daily: ces(day),
  ces_monthly: ces(month),
  employee_satisfaction_monthly: csat('employee_satisfaction', month),
  task_completion_daily: answers('task_completion', day, { completed: 'completed' }),
  visitor_intent_daily: {
    key: ['date', 'touchpoint', 'answer'],
    columns: {
      responses: facts('survey_answer', '1', all(intended, same('answer'))),
      share: ratioFormula('rate_of(responses, answers)', {
        responses: { column: 'responses' },
        answers: facts('survey_answer', '1', intended),
      }),
      completion_rate: ratioFormula('rate_of(completed, asked)', {
        completed: withTask('sum(intents.answers * tasks.is_completed)'),
        asked: withTask('sum(intents.answers)'),
      }),
    },
  },
  feedback_daily: {
    key: ['date', 'theme', 'sentiment'],
    columns: {
      comments: rolled(
        'feedback_15m',
        'feedback_theme',
        'comments',
        all(within(day), same('theme', 'sentiment')),
      ),
    },
  },
  survey_response_daily: {
    key: ['date', 'instrument', 'touchpoint'],
    columns: Object.fromEntries(
      ['sent', 'answered', 'dismissed'].map((name) => [
        name,
        rolled(
          'invitation_15m',
          'survey_invitation',
          name,
          all(within(day), same('instrument', 'touchpoint')),
        ),
      ]),
    ),
  },
};
