import { count, rate, seconds, text, type ViewColumns } from '../sql/column.ts';
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
      merged: count('Cases merged into another one, and closed by that.'),
      backlog: count(
        `Cases open at the end of the ${period.grain}: all ever opened + reopened - resolved - merged while open.`,
      ),
    },
    select: sql`
      SELECT
        ${period.column}, channel, p_opened AS opened, p_messages AS messages, p_resolved AS resolved, p_reopened AS reopened,
        p_merged AS merged, sum(p_open) OVER (PARTITION BY channel ORDER BY ${period.column}) AS backlog
      FROM (
        SELECT
          ${period.of('bucket')} AS ${period.column}, channel, sum(opened) AS p_opened, sum(messages) AS p_messages,
          sum(resolved) AS p_resolved, sum(reopened) AS p_reopened, sum(merged) AS p_merged, sum(open) AS p_open
        FROM tidemark_store.contact_flow_15m
        GROUP BY ${period.column}, channel
        HAVING p_opened != 0 OR p_messages != 0 OR p_resolved != 0 OR p_reopened != 0 OR p_merged != 0
      )`,
    comment: `Support contacts by ${period.grain} and channel; only ${period.grain}s in which something happened.`,
  }),
);

const exactly = 'exact, with linear interpolation';

/** The mean of milliseconds in a column, in seconds; what is null is in none. */
const meanOf = (ms: string): string => `sum(toInt128(${ms})) / (count(${ms}) * 1000)`;
const quantileOf = (level: number, ms: string): string => `quantileExactInclusive(${level})(${ms} / 1000)`;

/**
 * A column of seconds with the one beside it that counts those within SUPPORT_HOURS alone (rule 60).
 *
 * @param name As `average_first_response`.
 * @param of What is measured of which milliseconds: `(ms) => …`.
 */
const withWorking = (
  name: string,
  meaning: string,
  of: (ms: string) => string,
  [ms, workingMs]: readonly [string, string],
): ViewColumns => ({
  [`${name}_seconds`]: seconds(meaning, of(ms)),
  [`${name}_working_seconds`]: seconds(
    `${meaning.replace(/\.$/, '')}, within SUPPORT_HOURS alone; null without that setting.`,
    of(workingMs),
  ),
});

const toLast = 'the time from the opening to the last resolution';
const lastMs = ['to_last', 'to_last_working'] as const;
const firstMs = ['to_first', 'to_first_working'] as const;

/** The cases that are resolved now, with exact quantiles (rule 22). */
const resolution = periodViews('contact_resolution', {
  grains: ['day', 'month'],
  // The cases that are resolved now, one by one: medians do not add up.
  from: sql`
    (
      SELECT
        resolved_at, channel,
        toNullable(toUnixTimestamp64Milli(resolved_at) - toUnixTimestamp64Milli(opened_at)) AS to_last,
        toNullable(toUnixTimestamp64Milli(first_resolved_at) - toUnixTimestamp64Milli(opened_at)) AS to_first,
        if(sum(timed) > 0, sum(working_ms), NULL) AS to_last_working,
        if(sum(timed) > 0, sum(first_working_ms), NULL) AS to_first_working
      FROM tidemark_store.standing_resolution
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
    ...withWorking('average_resolution', `Mean of ${toLast}.`, meanOf, lastMs),
    ...withWorking(
      'median_resolution',
      `Median of ${toLast}, ${exactly}.`,
      (ms) => quantileOf(0.5, ms),
      lastMs,
    ),
    ...withWorking(
      'p90_resolution',
      `90th percentile of ${toLast}, ${exactly}.`,
      (ms) => quantileOf(0.9, ms),
      lastMs,
    ),
    ...withWorking(
      'average_first_resolution',
      'Mean time from the opening to the first resolution of the same cases.',
      meanOf,
      firstMs,
    ),
  }),
  comment: ({ grain }) =>
    `How long cases took that are resolved now, by ${grain} of the final resolution and channel. Counted from the single cases.`,
});

/** By the day of the opening, resolved or not (rule 21). */
const firstContact = periodViews('first_contact_resolution', {
  grains: ['day', 'month'],
  from: 'tidemark_store.first_contact_standing_15m AS f',
  when: 'in which the cases were opened',
  by: { channel },
  columns: {
    cases: count(
      'Cases opened, resolved or not; those that were merged into others are not counted.',
      'sum(f.cases)',
    ),
    resolved_on_first_contact: count(
      'Those resolved without another inbound message before, and not reopened within FCR_WINDOW (default 7 days) of the first resolution.',
      'sum(f.resolved_on_first_contact)',
    ),
    fcr_rate: rate(firstContactRate),
  },
  having: 'cases != 0',
  comment: ({ grain }) => `First contact resolution by ${grain} in which the cases were opened, and channel.`,
});

const toResponse = 'the time from the opening to the first outbound message';
const responseMs = ['to_response', 'to_response_working'] as const;

/** The first response, by the day of the opening (rule 55). */
const response = periodViews('contact_response', {
  grains: ['day', 'month'],
  // One by one: medians do not add up. What was not answered has no time, and is in no mean.
  from: sql`
    (
      SELECT
        opened_at, channel, sum(responded) > 0 AS is_responded, sum(open) > 0 AS is_open,
        if(is_responded, sum(response_ms), NULL) AS to_response,
        if(sum(timed) > 0, sum(working_ms), NULL) AS to_response_working
      FROM tidemark_store.case_response
      GROUP BY opened_at, channel, case_id
      HAVING sum(cases) > 0
    )`,
  at: 'opened_at',
  when: 'in which the cases were opened',
  by: { channel },
  columns: {
    cases: count('Cases opened.', 'count()'),
    responded: count('Those with a first response: an outbound message.', 'countIf(is_responded)'),
    ...withWorking(
      'average_first_response',
      `Mean of ${toResponse}, of the responded cases.`,
      meanOf,
      responseMs,
    ),
    ...withWorking(
      'median_first_response',
      `Median of ${toResponse}, of the responded cases, ${exactly}.`,
      (ms) => quantileOf(0.5, ms),
      responseMs,
    ),
    ...withWorking(
      'p90_first_response',
      `90th percentile of ${toResponse}, of the responded cases, ${exactly}.`,
      (ms) => quantileOf(0.9, ms),
      responseMs,
    ),
    unanswered: count(
      'Those that are open now, without an outbound message.',
      'countIf(is_open AND NOT is_responded)',
    ),
  },
  comment: ({ grain }) =>
    `How long customers wait for the first response, by ${grain} in which the cases were opened, and channel. Counted from the single cases.`,
});

/** Views of support contacts. */
export const contactViews: readonly View[] = [...volume, ...resolution, ...firstContact, ...response];
