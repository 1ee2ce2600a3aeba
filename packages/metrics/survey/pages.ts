import type { ExampleRun, EdgeRule, MetricPage } from '../definition/page.ts';
import { formulaOf } from '../sql/ratio.ts';
import {
  completionRate,
  csat as csatRatio,
  nps as npsRatio,
  npsOfPersons as personRatio,
  responseRate as responseRatio,
} from './ratios.ts';

const contract = 'The metric contract, ‘Surveys’';
const touchpoints: EdgeRule = ['Answers of different touchpoints are never mixed in one row.'];
const once: EdgeRule = [
  'Of two answers under one `response_id`, the first in order that is not voided counts.',
  24,
];

const nps: MetricPage = {
  name: 'nps',
  title: 'Net promoter score (NPS)',
  views: ['nps_daily', 'nps_monthly'],
  meaning: 'How many would recommend us less how many would not, as a score from −100 to 100.',
  formula: [`nps = ${formulaOf(npsRatio)}`, 'promoters 9-10, passives 7-8, detractors 0-6'],
  rules: [['Only whole numbers from 0 to 10 are answers to nps.', 37], touchpoints, once],
  examples: [
    {
      given: '10 answers: 6 promoters (60 %), 3 passives, 1 detractor (10 %).',
      results: [['nps', '100 * (6 - 1) / 10', '50']],
    },
    { given: '4 answers, detractors all.', results: [['nps', '100 * (0 - 4) / 4', '-100']] },
  ],
  source: `${contract}; F. Reichheld, ‘The One Number You Need to Grow’, Harvard Business Review, 2003.`,
};

/** An event of a worked example, on a day of May 2026. */
const surveyEvent = (
  verb: string,
  response: string,
  on: string,
  fields: { readonly [field: string]: string | number } = {},
): ExampleRun['events'][number] => ({
  type: `survey.${verb}`,
  occurred_at: `2026-05-${on}T10:00Z`,
  response_id: response,
  instrument: 'nps',
  touchpoint: 'checkout',
  ...fields,
});
const answered = (response: string, on: string, fields: { readonly [field: string]: string | number }) =>
  surveyEvent('answered', response, on, fields);

const npsByPerson: MetricPage = {
  name: 'nps-by-person',
  title: 'NPS of persons',
  views: ['nps_by_person_monthly'],
  meaning:
    'The net promoter score when everybody counts once, with the last answer; `nps_monthly` counts every answer.',
  formula: [`nps = ${formulaOf(personRatio)}`, 'promoters 9-10, passives 7-8, detractors 0-6'],
  rules: [
    ['The last answer of each `customer_id`, else `visitor_id`, at a touchpoint.', 64],
    [
      'Answers of the 90 days up to the end of the month, or to now; a quiet month shows those before it.',
      64,
    ],
    ['Answers of nobody known are not in this view.', 64],
    touchpoints,
    once,
  ],
  examples: [
    {
      given: 'Within 90 days one customer answers 0, 2 and then 10; three others answer 9, 7 and 3.',
      results: [
        ['respondents', '1 + 3', '4'],
        ['nps', '100 * (2 - 1) / 4', '25'],
      ],
      run: {
        events: [
          ...[0, 2, 10].map((score, n) => answered(`ann-${n}`, `1${n}`, { customer_id: 'ann', score })),
          ...[9, 7, 3].map((score) => answered(`${score}`, '14', { customer_id: `c${score}`, score })),
        ],
        readAt: '2026-06-01T00:00Z',
        view: 'nps_by_person_monthly',
        where: { month: '2026-05-01', touchpoint: 'checkout' },
      },
    },
  ],
  source: `${contract}.`,
};

const csat: MetricPage = {
  name: 'csat',
  title: 'Customer satisfaction (CSAT)',
  views: ['csat_daily', 'csat_monthly'],
  meaning: 'The percentage of answers that are satisfied.',
  formula: [
    `csat = ${formulaOf(csatRatio)}`,
    'positive: 6 and above on 1-10; on another scale 9 * (score - min) >= 5 * (max - min)',
    'average_score = mean of 1 + 9 * (score - min) / (max - min)',
  ],
  rules: [
    ['Positive is judged in whole numbers: on 1 to 5 a 4 is positive (27 ≥ 20), a 3 is not (18 < 20).', 37],
    ['`average_score` is rescaled to 1–10.', 37],
    touchpoints,
    once,
  ],
  examples: [
    {
      given: 'Scores of 10, 6, 5 and 3 on 1 to 10.',
      results: [
        ['positive', '10 and 6', '2'],
        ['csat', '100 * 2 / 4', '50'],
        ['average_score', '(10 + 6 + 5 + 3) / 4', '6'],
      ],
    },
  ],
  source: `${contract}.`,
};

const ces: MetricPage = {
  name: 'ces',
  title: 'Customer effort score (CES)',
  views: ['ces_daily', 'ces_monthly'],
  meaning: 'How easy it was to get done what was wanted; a lower score is harder.',
  formula: [
    'average_score = mean of 1 + 4 * (score - min) / (max - min)',
    'easy_share = answers of 4 and above on 1-5 / responses',
  ],
  rules: [['Scores are rescaled to 1–5.', 37], touchpoints, once],
  examples: [
    {
      given: 'Scores of 5, 4 and 2 on 1 to 5.',
      results: [
        ['average_score', '(5 + 4 + 2) / 3', '3.666667'],
        ['easy_share', '2 / 3', '0.666667'],
      ],
    },
  ],
  source: `${contract}; Dixon, Freeman, Toman, ‘Stop Trying to Delight Your Customers’, Harvard Business Review, 2010.`,
};

const employees: MetricPage = {
  name: 'employee-satisfaction',
  title: 'Employee satisfaction',
  views: ['employee_satisfaction_monthly'],
  meaning: 'The percentage of employees’ answers that are satisfied.',
  formula: ['as CSAT, over the instrument employee_satisfaction'],
  rules: [['The columns and the threshold are those of CSAT.', 37], touchpoints, once],
  examples: [
    {
      given: 'Scores of 8, 7 and 4 on 1 to 10.',
      results: [
        ['csat', '100 * 2 / 3', '66.666667'],
        ['average_score', '(8 + 7 + 4) / 3', '6.333333'],
      ],
    },
  ],
  source: `${contract}.`,
};

const tasks: MetricPage = {
  name: 'task-completion',
  title: 'Task completion',
  views: ['task_completion_daily'],
  meaning: 'The share of visitors who say they got done what they came for.',
  formula: [`completion_rate = ${formulaOf(completionRate)}`],
  rules: [['By touchpoint too.', 37], touchpoints, once],
  examples: [{ given: '10 answers, 7 of them yes.', results: [['completion_rate', '7 / 10', '0.7']] }],
  source: `${contract}.`,
};

const intents: MetricPage = {
  name: 'visitor-intent',
  title: 'Visitor intent, with completion',
  views: ['visitor_intent_daily'],
  meaning: 'What visitors came for, and how many of those who also answered about it got it done.',
  formula: [
    'share = responses / all answers of the day and touchpoint',
    'completion_rate = yes / answers whose visitor also answered task_completion',
  ],
  rules: [
    [
      'The task answer is the first of the same `visitor_id` (else `customer_id`) on that reporting day at that touchpoint.',
      37,
    ],
    once,
  ],
  examples: [
    {
      given:
        'At one touchpoint 4 came to buy and 6 for support; of the 4, 2 also answered whether it was done, 1 with yes. The row of `buy`:',
      results: [
        ['share', '4 / (4 + 6)', '0.4'],
        ['completion_rate', '1 / 2', '0.5'],
      ],
    },
  ],
  source: `${contract}; the 4Q survey’s questions of purpose and completion.`,
};

const feedback: MetricPage = {
  name: 'feedback',
  title: 'Feedback themes',
  views: ['feedback_daily'],
  meaning: 'What free feedback speaks of, and how.',
  formula: ['comments = count per theme and sentiment'],
  rules: [
    ['Instrument `feedback`; one count per theme of a response, under an empty theme when it has none.', 38],
    ['An answer without a sentiment has an empty one.', 52],
    once,
  ],
  examples: [
    {
      given: 'One negative comment about price and delivery. In each of the rows `price` and `delivery`:',
      results: [['comments', 'one per theme', '1']],
    },
  ],
  source: `${contract}.`,
};

const responseRate: MetricPage = {
  name: 'survey-response-rate',
  title: 'Survey response rate',
  views: ['survey_response_daily'],
  meaning: 'How many of those who were asked answer, and how many turn the question down.',
  formula: [`response_rate = ${formulaOf(responseRatio)}`],
  rules: [
    [
      'By the day of the invitation, `survey.sent`; instrument and touchpoint are those of the invitation.',
      58,
    ],
    ['An answer belongs to the invitation with the same `response_id`, however late it comes.', 58],
    ['An answer or a dismissal without an invitation counts in no row.', 58],
    ['Of two events of one type under one `response_id`, the first in order that is not voided counts.', 24],
  ],
  examples: [
    {
      given:
        '10 invitations are sent on a day; 4 are answered, the last one a week later, and 2 are turned down.',
      results: [
        ['sent', 'all', '10'],
        ['answered', 'all by now', '4'],
        ['response_rate', '4 / 10', '0.4'],
      ],
      run: {
        events: [
          ...Array.from({ length: 10 }, (_, n) => surveyEvent('sent', `r${n}`, '10')),
          ...[0, 1, 2].map((n) => answered(`r${n}`, '11', { score: 9 })),
          answered('r3', '17', { score: 2 }),
          ...[4, 5].map((n) => surveyEvent('dismissed', `r${n}`, '10')),
        ],
        readAt: '2026-06-01T00:00Z',
        view: 'survey_response_daily',
        where: { date: '2026-05-10', instrument: 'nps' },
      },
    },
  ],
  source: `${contract}.`,
};

/** Pages on surveys. */
export const surveyPages: readonly MetricPage[] = [
  nps,
  npsByPerson,
  csat,
  ces,
  employees,
  tasks,
  intents,
  feedback,
  responseRate,
];
