import { count, rate, seconds, text } from '../sql/column.ts';
import { day, periods } from '../sql/period.ts';
import { periodViews } from '../sql/period-views.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { firstContactRate } from './ratios.ts';

const channel = text(
  "Channel of the case's first event: phone, email, chat, chatbot, social, in_app, in_person, sms or other.",
);

/** Rows where something happened, the backlog as at the period's end (rule 23). */
const volume = [day, periods.hour].map((period) =>
  view(`contact_volume_${period.suffix}`, {
    columns: {
      [period.column]: period.says(),
      channel,
      opened: count('Cases opened.'),
      messages: count('Inbound messages.'),
      resolved: count('Times an open case was resolved.'),
      reopened: count('Times a resolved case was reopened.'),
      backlog: count(`Cases open at the end of the ${period.grain}: all ever opened + reopened - resolved.`),
    },
    select: sql`
      SELECT
        ${period.column}, channel, p_opened AS opened, p_messages AS messages, p_resolved AS resolved, p_reopened AS reopened,
        sum(p_opened + p_reopened - p_resolved) OVER (PARTITION BY channel ORDER BY ${period.column}) AS backlog
      FROM (
        SELECT
          ${period.of('bucket')} AS ${period.column}, channel, sum(opened) AS p_opened, sum(messages) AS p_messages,
          sum(resolved) AS p_resolved, sum(reopened) AS p_reopened
        FROM tidemark_store.contact_volume_15m
        GROUP BY ${period.column}, channel
        HAVING p_opened != 0 OR p_messages != 0 OR p_resolved != 0 OR p_reopened != 0
      )`,
    comment: `Support contacts by ${period.grain} and channel; only ${period.grain}s in which something happened.`,
  }),
);

const toLast = 'the time from the opening to the last resolution';
const exactly = 'exact, with linear interpolation';

/** The cases that are resolved now, with exact quantiles (rule 22). */
const resolution = periodViews('contact_resolution', {
  grains: ['day', 'month'],
  // The cases that are resolved now, one by one: medians do not add up.
  from: sql`
    (
      SELECT
        resolved_at, channel,
        toUnixTimestamp64Milli(resolved_at) - toUnixTimestamp64Milli(opened_at) AS to_last,
        toUnixTimestamp64Milli(first_resolved_at) - toUnixTimestamp64Milli(opened_at) AS to_first
      FROM tidemark_store.case_resolution
      GROUP BY resolved_at, channel, case_id, opened_at, first_resolved_at
      HAVING sum(cases) > 0
    )`,
  at: 'resolved_at',
  when: 'of the final resolution',
  by: { channel },
  columns: ({ grain }) => ({
    resolved: count(
      `Cases resolved now, whose last resolution was in this ${grain}; a reopened one is in none until resolved again.`,
      'count()',
    ),
    average_resolution_seconds: seconds(`Mean of ${toLast}.`, 'sum(toInt128(to_last)) / (count() * 1000)'),
    median_resolution_seconds: seconds(
      `Median of ${toLast}, ${exactly}.`,
      'quantileExactInclusive(0.5)(to_last / 1000)',
    ),
    p90_resolution_seconds: seconds(
      `90th percentile of ${toLast}, ${exactly}.`,
      'quantileExactInclusive(0.9)(to_last / 1000)',
    ),
    average_first_resolution_seconds: seconds(
      'Mean time from the opening to the first resolution of the same cases.',
      'sum(toInt128(to_first)) / (count() * 1000)',
    ),
  }),
  comment: ({ grain }) =>
    `How long cases took that are resolved now, by ${grain} of the final resolution and channel. Counted from the single cases.`,
});

/** By the day of the opening, resolved or not (rule 21). */
const firstContact = periodViews('first_contact_resolution', {
  grains: ['day', 'month'],
  from: 'tidemark_store.first_contact_15m AS f',
  when: 'in which the cases were opened',
  by: { channel },
  columns: {
    cases: count('Cases opened, resolved or not.', 'sum(f.cases)'),
    resolved_on_first_contact: count(
      'Those resolved without another inbound message before, and not reopened within FCR_WINDOW (default 7 days) of the first resolution.',
      'sum(f.resolved_on_first_contact)',
    ),
    fcr_rate: rate(firstContactRate),
  },
  having: 'cases != 0',
  comment: ({ grain }) => `First contact resolution by ${grain} in which the cases were opened, and channel.`,
});

/** Views of support contacts. */
export const contactViews: readonly View[] = [...volume, ...resolution, ...firstContact];
