import type { EdgeRule, ExampleRun, MetricPage } from '../definition/page.ts';
import { formulaOf } from '../sql/ratio.ts';
import { firstContactRate } from './ratios.ts';

const source = 'The metric contract, ‘Support contacts’.';
const channel: EdgeRule = ['Every column goes by the channel of the case’s first event.', 22];

/** Columns within the hours of support. */
const working: EdgeRule = [
  'With SUPPORT_HOURS each column of seconds has one beside it, `…_working_seconds`: the seconds within those hours. Without the setting it is null.',
  60,
];

/** An event of a worked example, at a time of 2026. */
const caseEvent = (
  verb: string,
  name: string,
  at: string,
  fields: { readonly [field: string]: string } = {},
): ExampleRun['events'][number] => ({
  type: `contact.${verb}`,
  occurred_at: `2026-${at}Z`,
  case_id: name,
  channel: 'email',
  ...fields,
});
const answer = (name: string, at: string) => caseEvent('message', name, at, { direction: 'outbound' });

/** Pages on support contacts. */
export const contactPages: readonly MetricPage[] = [
  {
    name: 'contact-volume',
    title: 'Contact volume and backlog',
    views: ['contact_volume_hourly', 'contact_volume_daily'],
    meaning: 'How many cases are brought to support by which channel, and how many are open.',
    formula: [
      'backlog = all ever opened + reopened - resolved - merged while open, at the end of the period',
    ],
    rules: [
      ['The first event of a case opens it, whatever its type; an inbound message then counts too.', 20],
      ['A later `opened`, `resolved` on a resolved case and `reopened` on an open one change nothing.', 20],
      ['`messages` are inbound ones.'],
      ['A merged case is closed without a resolution; later events of it change nothing.', 61],
      channel,
      ['Only periods in which something happened have a row.', 23],
    ],
    examples: [
      {
        given:
          '40 e-mail cases are open in the evening; next day 12 are opened, 5 reopened, 15 resolved, 2 merged into others.',
        results: [['backlog', '40 + 12 + 5 - 15 - 2', '40']],
      },
    ],
    source,
  },
  {
    name: 'contact-resolution',
    title: 'Resolution time',
    views: ['contact_resolution_daily', 'contact_resolution_monthly'],
    meaning: 'How long it took to resolve the cases that are resolved now.',
    formula: [
      'resolution time = last resolved - opened',
      'first resolution time = first resolved - opened',
      'average = sum / resolved; median and p90 exact, with linear interpolation',
    ],
    rules: [
      ['A reopened case drops out until it is resolved again; then it counts in that period.', 22],
      ['A case whose first event is `resolved` took 0 seconds.', 20],
      ['A case that was merged into another one is not among the resolved ones.', 61],
      working,
      channel,
    ],
    examples: [
      {
        given: 'Three cases are resolved after 60, 120 and 600 seconds.',
        results: [
          ['average_resolution_seconds', '(60 + 120 + 600) / 3', '260'],
          ['median_resolution_seconds', 'the middle one', '120'],
          ['p90_resolution_seconds', '120 + 0.8 * (600 - 120)', '504'],
        ],
      },
    ],
    source: 'The metric contract, ‘Support contacts’; percentiles as ClickHouse’s `quantileExactInclusive`.',
  },
  {
    name: 'first-contact-resolution',
    title: 'First contact resolution (FCR)',
    views: ['first_contact_resolution_daily', 'first_contact_resolution_monthly'],
    meaning: 'The share of cases resolved at once: without a second inbound message and without coming back.',
    formula: [`fcr_rate = ${formulaOf(firstContactRate)}`],
    rules: [
      ['By the day the case was opened; `cases` are all opened then, resolved or not.', 21],
      ['A case that was merged into another one is not among the cases.', 61],
      [
        'Counted from the first resolution on; a reopening within FCR_WINDOW of it, inclusive, takes it back.',
        21,
      ],
      channel,
    ],
    examples: [
      {
        given:
          'Of 10 cases opened on a day 7 are resolved; 1 of them after another inbound message, 1 is reopened the day after.',
        results: [
          ['resolved_on_first_contact', '7 - 1 - 1', '5'],
          ['fcr_rate', '5 / 10', '0.5'],
        ],
      },
    ],
    source,
  },
  {
    name: 'first-response',
    title: 'First response time',
    views: ['contact_response_daily', 'contact_response_monthly'],
    meaning: 'How long customers wait until somebody answers for the first time, and how many still wait.',
    formula: [
      'first response time = first outbound message - opened',
      'average = sum / responded; median and p90 exact, with linear interpolation',
    ],
    rules: [
      ['By the day the case was opened, answered or not.', 55],
      ['The first outbound message counts, whatever came before it; a resolution is no response.', 55],
      ['`unanswered` are open now and have no outbound message. A merged case is not open.', 55, 61],
      working,
      channel,
    ],
    examples: [
      {
        given:
          'Four cases are opened on a day. The first outbound messages come after 60, 120 and 600 seconds; nobody answers the fourth.',
        results: [
          ['average_first_response_seconds', '(60 + 120 + 600) / 3', '260'],
          ['median_first_response_seconds', 'the middle one', '120'],
          ['p90_first_response_seconds', '120 + 0.8 * (600 - 120)', '504'],
          ['unanswered', '4 - 3', '1'],
        ],
        run: {
          events: [
            ...['a', 'b', 'c', 'd'].map((name) => caseEvent('opened', name, '05-11T10:00:00')),
            answer('a', '05-11T10:01:00'),
            answer('b', '05-11T10:02:00'),
            answer('c', '05-11T10:10:00'),
          ],
          readAt: '2026-05-12T00:00Z',
          view: 'contact_response_daily',
          where: { date: '2026-05-11', channel: 'email' },
        },
      },
      {
        given:
          'SUPPORT_HOURS are Mo-Fr 09:00-17:00: a case is opened on Friday at 16:00 and answered on Monday at 09:30.',
        results: [['average_first_response_working_seconds', '3600 + 1800', '5400']],
        run: {
          events: [caseEvent('opened', 'a', '05-15T16:00:00'), answer('a', '05-18T09:30:00')],
          settings: { supportHours: 'Mo-Fr 09:00-17:00 UTC' },
          readAt: '2026-05-20T00:00Z',
          view: 'contact_response_daily',
          where: { date: '2026-05-15', channel: 'email' },
        },
      },
    ],
    source: 'The metric contract, ‘Support contacts’; percentiles as ClickHouse’s `quantileExactInclusive`.',
  },
];
