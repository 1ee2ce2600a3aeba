import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { contactFacts } from './contacts.ts';

/** Facts of support cases and what adds up of them. */
export const contactTables: readonly Table[] = [
  factTable('contact_activity', contactFacts.contact_activity, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  rollup('contact_volume_15m', {
    columns: `bucket DateTime('UTC'), channel String, opened Int64, messages Int64, resolved Int64, reopened Int64`,
    orderBy: '(bucket, channel)',
    from: {
      contact_activity: `SELECT ${bucketOf('at')} AS bucket, channel, sumIf(toInt64(sign), activity = 'opened') AS opened,
  sumIf(toInt64(sign), activity = 'message') AS messages, sumIf(toInt64(sign), activity = 'resolved') AS resolved,
  sumIf(toInt64(sign), activity = 'reopened') AS reopened
FROM tidemark_store.contact_activity
GROUP BY bucket, channel`,
    },
  }),
  rollup('first_contact_15m', {
    why: 'By the time the case was opened.',
    columns: `bucket DateTime('UTC'), channel String, cases Int64, resolved_on_first_contact Int64`,
    orderBy: '(bucket, channel)',
    from: {
      contact_activity: `SELECT ${bucketOf('opened_at')} AS bucket, channel, sumIf(toInt64(sign), activity = 'opened') AS cases,
  sum(first_contact * sign) AS resolved_on_first_contact
FROM tidemark_store.contact_activity
WHERE activity = 'opened' OR first_contact != 0
GROUP BY bucket, channel`,
    },
  }),
  rollup('case_resolution', {
    why: 'The resolutions that stand, one by one: medians do not add up. A reopening takes away the one it undoes.',
    columns: `resolved_at DateTime64(3, 'UTC'), channel String, case_id String, opened_at DateTime64(3, 'UTC'),
first_resolved_at DateTime64(3, 'UTC'), cases Int64`,
    engine: 'SummingMergeTree(cases)',
    orderBy: '(resolved_at, channel, case_id, opened_at, first_resolved_at)',
    from: {
      contact_activity: `SELECT assumeNotNull(a.resolved_at) AS resolved_at, channel, case_id, opened_at,
  assumeNotNull(a.first_resolved_at) AS first_resolved_at,
  sum(if(activity = 'resolved', 1, -1) * toInt64(sign)) AS cases
FROM tidemark_store.contact_activity AS a
WHERE activity IN ('resolved', 'reopened')
GROUP BY resolved_at, channel, case_id, opened_at, first_resolved_at`,
    },
  }),
];
