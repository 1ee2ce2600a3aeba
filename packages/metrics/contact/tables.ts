import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { contactFacts } from './contacts.ts';

/** How many more cases are open for an activity, in SQL. */
export const addsToOpen =
  "toInt64(multiIf(activity IN ('opened', 'reopened'), 1, activity = 'resolved' OR (activity = 'merged' AND resolved_at IS NULL), -1, 0))";

/** Facts of support cases and what adds up of them. */
export const contactTables: readonly Table[] = [
  factTable('contact_activity', contactFacts.contact_activity, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  rollup('contact_flow_15m', {
    why: 'What happened, and how many more cases are open for it: a merged case may have been resolved.',
    columns: `bucket DateTime('UTC'), channel String, opened Int64, messages Int64, resolved Int64, reopened Int64, merged Int64,
open Int64`,
    orderBy: '(bucket, channel)',
    from: {
      contact_activity: `SELECT ${bucketOf('at')} AS bucket, channel, sumIf(toInt64(sign), activity = 'opened') AS opened,
  sumIf(toInt64(sign), activity = 'message') AS messages, sumIf(toInt64(sign), activity = 'resolved') AS resolved,
  sumIf(toInt64(sign), activity = 'reopened') AS reopened, sumIf(toInt64(sign), activity = 'merged') AS merged,
  sum(${addsToOpen} * sign) AS open
FROM tidemark_store.contact_activity
GROUP BY bucket, channel`,
    },
  }),
  rollup('first_contact_standing_15m', {
    why: 'By the time the case was opened. A merged case is no longer one of them.',
    columns: `bucket DateTime('UTC'), channel String, cases Int64, resolved_on_first_contact Int64`,
    orderBy: '(bucket, channel)',
    from: {
      contact_activity: `SELECT ${bucketOf('opened_at')} AS bucket, channel, sumIf(toInt64(sign), activity = 'opened') - sumIf(toInt64(sign), activity = 'merged') AS cases,
  sum(first_contact * sign) AS resolved_on_first_contact
FROM tidemark_store.contact_activity
WHERE activity IN ('opened', 'merged') OR first_contact != 0
GROUP BY bucket, channel`,
    },
  }),
  rollup('standing_resolution', {
    why: 'The resolutions that stand, one by one: medians do not add up. A reopening or a merger takes away the one it undoes.',
    columns: `resolved_at DateTime64(3, 'UTC'), channel String, case_id String, opened_at DateTime64(3, 'UTC'),
first_resolved_at DateTime64(3, 'UTC'), cases Int64,
-- How many of the cases have their time within SUPPORT_HOURS, and that time.
timed Int64, working_ms Int64, first_working_ms Int64`,
    engine: 'SummingMergeTree((cases, timed, working_ms, first_working_ms))',
    orderBy: '(resolved_at, channel, case_id, opened_at, first_resolved_at)',
    from: {
      contact_activity: `SELECT assumeNotNull(a.resolved_at) AS resolved_at, channel, case_id, opened_at,
  assumeNotNull(a.first_resolved_at) AS first_resolved_at,
  sum(if(activity = 'resolved', 1, -1) * toInt64(sign)) AS cases,
  sum(if(activity = 'resolved', 1, -1) * toInt64(sign) * (a.working_ms IS NOT NULL)) AS timed,
  sum(if(activity = 'resolved', 1, -1) * toInt64(sign) * ifNull(a.working_ms, 0)) AS working_ms,
  sum(if(activity = 'resolved', 1, -1) * toInt64(sign) * ifNull(a.first_working_ms, 0)) AS first_working_ms
FROM tidemark_store.contact_activity AS a
WHERE a.resolved_at IS NOT NULL
GROUP BY resolved_at, channel, case_id, opened_at, first_resolved_at`,
    },
  }),
  rollup('case_response', {
    why: 'Every case: 1 in open while it is open, 1 in responded with the time from the opening to the first response; timed and working_ms are of that within SUPPORT_HOURS.',
    columns: `opened_at DateTime64(3, 'UTC'), channel String, case_id String, cases Int64, open Int64, responded Int64,
response_ms Int64, timed Int64, working_ms Int64`,
    orderBy: '(opened_at, channel, case_id)',
    from: {
      contact_activity: `SELECT opened_at, channel, case_id, sumIf(toInt64(sign), activity = 'opened') AS cases,
  sum(${addsToOpen} * sign) AS open,
  sumIf(toInt64(sign), activity = 'response') AS responded,
  sumIf((toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(opened_at)) * sign, activity = 'response') AS response_ms,
  sumIf(toInt64(sign), activity = 'response' AND a.working_ms IS NOT NULL) AS timed,
  sumIf(ifNull(a.working_ms, 0) * sign, activity = 'response') AS working_ms
FROM tidemark_store.contact_activity AS a
GROUP BY opened_at, channel, case_id`,
    },
  }),
];
