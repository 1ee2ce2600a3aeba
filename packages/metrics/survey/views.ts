import { count, figure, rate, text, type ViewColumns } from '../sql/column.ts';
import type { Grain } from '../sql/period.ts';
import { day, month, thisMonth } from '../sql/period.ts';
import { periodViews } from '../sql/period-views.ts';
import { ratioSql } from '../sql/ratio.ts';
import { zone } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { completionRate, csat, nps, npsOfPersons, responseRate } from './ratios.ts';

const touchpoint = text('Where in the journey it was asked; empty when unknown. Never mixed in one row.');
const when = 'of the answers';

/** Answers of one standing. Not sumIf: under a reader's aggregate_functions_null_for_empty it is null where there is none. */
const answersThat = (standing: string): string => `sum(s.answers * (standing = '${standing}'))`;
const meanScore = 'rate_of(sum(scaled_score * s.answers), sum(s.answers))';

/** Views of one instrument by touchpoint (rule 37), from the answers counted per standing and score. */
function instrumentViews(
  stem: string,
  {
    instrument,
    grains,
    responses,
    columns,
    comment,
  }: {
    readonly instrument: string;
    readonly grains: readonly Grain[];
    readonly responses: string;
    readonly columns: ViewColumns;
    readonly comment: (grain: Grain) => string;
  },
): View[] {
  return periodViews(stem, {
    grains,
    from: 'tidemark_store.survey_15m AS s',
    when,
    by: { touchpoint },
    columns: { responses: count(responses, 'sum(s.answers)'), ...columns },
    where: `instrument = '${instrument}'`,
    having: 'responses != 0',
    comment: ({ grain }) => comment(grain),
  });
}

const npsViews = instrumentViews('nps', {
  instrument: 'nps',
  grains: ['day', 'month'],
  responses: 'Answers to nps.',
  columns: {
    promoters: count('Answers of 9 and 10.', answersThat('promoter')),
    passives: count('Answers of 7 and 8.', answersThat('passive')),
    detractors: count('Answers of 0 to 6.', answersThat('detractor')),
    nps: rate(nps, 'the net promoter score, from -100 to 100', 'points, -100 to 100'),
  },
  comment: (grain) =>
    `Net promoter score by ${grain} and touchpoint: the percentage that would recommend us less the percentage that would not.`,
});

/** A month's score counts the last answer of each person within 90 days, so that who answers often counts once (rule 64). */
const npsByPerson = view('nps_by_person_monthly', {
  columns: {
    month: month.says('at whose end (now, for the one under way) the answers are looked at'),
    touchpoint,
    respondents: count(
      'Customers, else visitors, with an answer within the 90 days before: the last one counts.',
    ),
    promoters: count('Those whose last answer is 9 or 10.'),
    passives: count('Those whose last answer is 7 or 8.'),
    detractors: count('Those whose last answer is 0 to 6.'),
    nps: rate(npsOfPersons, 'the net promoter score of persons, from -100 to 100', 'points, -100 to 100'),
  },
  select: sql`
    SELECT
      month, touchpoint, count() AS respondents, countIf(last = 'promoter') AS promoters,
      countIf(last = 'passive') AS passives, countIf(last = 'detractor') AS detractors, ${ratioSql(npsOfPersons)} AS nps
    FROM (
      SELECT month, touchpoint, person, argMax(standing, (at, sequence, event_id)) AS last
      FROM (
        SELECT
          touchpoint, standing, at, sequence, event_id, person, addMonths(${month.of('at')}, months_since) AS month,
          least(toDateTime(addMonths(month, 1), ${zone}), now()) AS until
        FROM (
          SELECT
            touchpoint, standing, at, sequence, event_id,
            if(customer_id != '', ('customer', customer_id), ('visitor', visitor_id)) AS person
          FROM tidemark_store.survey_answer
          WHERE instrument = 'nps' AND (customer_id != '' OR visitor_id != '')
          GROUP BY touchpoint, standing, at, sequence, event_id, customer_id, visitor_id, response_id
          HAVING sum(sign) > 0
        )
        -- 90 days after an answer are at most three months further.
        ARRAY JOIN [0, 1, 2, 3] AS months_since
      )
      -- In seconds: days of the zone are not all of one length.
      WHERE month <= ${thisMonth} AND at < until AND at >= until - 90 * 86400
      GROUP BY month, touchpoint, person
    )
    GROUP BY month, touchpoint`,
  comment:
    'Net promoter score of persons by month and touchpoint: the last answer of each within the 90 days up to the end of the month, so that nobody counts twice. Counted from the single answers.',
});

const satisfaction: ViewColumns = {
  positive: count(
    'Answers of 6 and above on 1 to 10; on another scale those at least 5/9 of the way up.',
    answersThat('positive'),
  ),
  csat: rate(csat, 'satisfaction, from 0 to 100', 'percent'),
  average_score: figure('points of the scale', 'Mean of the scores, each rescaled to 1 to 10.', meanScore),
};

const csatViews = instrumentViews('csat', {
  instrument: 'csat',
  grains: ['day', 'month'],
  responses: 'Answers of customers to how satisfied they are.',
  columns: satisfaction,
  comment: (grain) => `Customer satisfaction by ${grain} and touchpoint.`,
});

const employees = instrumentViews('employee_satisfaction', {
  instrument: 'employee_satisfaction',
  grains: ['month'],
  responses: 'Answers of employees to how satisfied they are.',
  columns: satisfaction,
  comment: (grain) => `Employee satisfaction by ${grain} and touchpoint.`,
});

const effort = instrumentViews('ces', {
  instrument: 'ces',
  grains: ['day', 'month'],
  responses: 'Answers to how easy it was.',
  columns: {
    average_score: figure(
      'points of the scale',
      'Mean of the scores, each rescaled to 1 to 5; lower is harder.',
      meanScore,
    ),
    easy_share: figure(
      'fraction',
      'Answers of 4 and above on 1 to 5, or as far up on another scale, / responses.',
      `rate_of(${answersThat('easy')}, sum(s.answers))`,
    ),
  },
  comment: (grain) =>
    `Customer effort by ${grain} and touchpoint: how easy it was to get done what was wanted.`,
});

const tasks = instrumentViews('task_completion', {
  instrument: 'task_completion',
  grains: ['day'],
  responses: 'Answers to whether one got done what one came for.',
  columns: {
    completed: count('Those of them that were yes.', answersThat('completed')),
    completion_rate: rate(completionRate),
  },
  comment: (grain) => `Whether people got done what they came for, by ${grain} and touchpoint.`,
});

/** A visitor, else a customer, else 0. */
const who =
  "multiIf(visitor_id != '', cityHash64('visitor', visitor_id), customer_id != '', cityHash64('customer', customer_id), 0)";

/** With the first task answer of the same visitor, day and touchpoint (rule 37). */
const intents = view('visitor_intent_daily', {
  columns: {
    date: day.says(when),
    touchpoint,
    answer: text('What they came for: the choice made.'),
    responses: count('Answers with this choice.'),
    share: figure('fraction', 'responses / all answers of the day and touchpoint.'),
    completion_rate: figure(
      'fraction',
      'Of the answers whose visitor (else customer) also answered task_completion on that day at that touchpoint, those whose first such answer was yes; null without any.',
    ),
  },
  select: sql`
    SELECT
      date, touchpoint, answer, sum(answers) AS responses,
      rate_of(sum(answers), sum(sum(answers)) OVER (PARTITION BY date, touchpoint)) AS share,
      rate_of(sum(answers * is_completed), sum(answers * has_task)) AS completion_rate
    FROM (
      SELECT ${day.of('at')} AS date, touchpoint, answer, ${who} AS who, sum(toInt64(sign)) AS answers
      FROM tidemark_store.survey_answer
      WHERE instrument = 'visitor_intent'
      GROUP BY date, touchpoint, answer, who
      HAVING answers > 0
    ) AS intents
    LEFT JOIN (
      SELECT
        date, touchpoint, who, 1 AS has_task,
        argMin(standing, (at, sequence, event_id)) = 'completed' AS is_completed
      FROM (
        SELECT ${day.of('at')} AS date, touchpoint, ${who} AS who, standing, at, sequence, event_id
        FROM tidemark_store.survey_answer
        WHERE instrument = 'task_completion' AND who != 0
        GROUP BY date, touchpoint, who, standing, at, sequence, event_id
        HAVING sum(sign) > 0
      )
      GROUP BY date, touchpoint, who
    ) AS tasks USING (date, touchpoint, who)
    GROUP BY date, touchpoint, answer`,
  comment:
    'What people came for, by day and touchpoint, and how many of those who also answered that got it done. Counted from the single answers.',
});

/** One count a theme (rule 38); an answer without a sentiment has the empty one (rule 52). */
const feedback = periodViews('feedback', {
  grains: ['day'],
  from: 'tidemark_store.feedback_15m AS f',
  when: 'of the feedback',
  by: {
    theme: text('What it speaks of; empty when it names nothing.'),
    sentiment: text('How it was meant: positive, neutral, negative or unknown; empty when not given.'),
  },
  columns: {
    comments: count(
      'Feedback that speaks of the theme; one of several themes counts under each.',
      'sum(f.comments)',
    ),
  },
  having: 'comments != 0',
  comment: () => 'What feedback speaks of, by day, theme and sentiment.',
});

/** By the day of the invitation, which names instrument and touchpoint (rule 58). */
const responses = periodViews('survey_response', {
  grains: ['day'],
  from: 'tidemark_store.invitation_15m AS i',
  when: 'on which the invitations were sent',
  by: {
    instrument: text('What was asked: nps, csat, ces and so on.'),
    touchpoint: text('Where in the journey it was asked, as the invitation says; empty when unknown.'),
  },
  columns: {
    sent: count('Invitations sent.', 'sum(i.sent)'),
    answered: count('Those of them that are answered by now.', 'sum(i.answered)'),
    dismissed: count('Those of them that were turned down by now.', 'sum(i.dismissed)'),
    response_rate: rate(responseRate),
  },
  having: 'sent != 0',
  comment: () =>
    'How many of those who were asked answer, by the day on which they were asked, instrument and touchpoint. Answers without an invitation are not in it.',
});

/** Views of surveys. */
export const surveyViews: readonly View[] = [
  ...npsViews,
  npsByPerson,
  ...csatViews,
  ...effort,
  ...employees,
  ...tasks,
  intents,
  ...feedback,
  ...responses,
];
