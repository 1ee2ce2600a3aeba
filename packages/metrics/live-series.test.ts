import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionsWith } from './index.ts';
import { defaultMetricSettings } from './settings.ts';

// Alert rules, `/v1/counters` and dashboards name the live series and their dimensions: a name is a promise. So is the type,
// by which `/v1/counters` writes the values (rule 53).
const liveSeries = `
  money mrr currency
  money mrr_moved currency movement
  count paying_customers currency
  count customers
  count customers_moved movement
  count customers_lost reason
  count customers_lost_by_segment segment
  count customers_lost_by_owner owner
  count customers_lost_by_country country
  count customers_lost_by_plan plan
  money mrr_lost currency reason
  money mrr_lost_by_segment currency segment
  money mrr_lost_by_owner currency owner
  money mrr_lost_by_country currency country
  money mrr_lost_by_plan currency plan
  count cancellations_scheduled reason
  count cancellations_scheduled_by_segment segment
  count cancellations_taken_back reason
  money mrr_cancellations_scheduled currency reason
  money mrr_cancellations_scheduled_by_segment currency segment
  money mrr_cancellations_taken_back currency reason
  count purchases currency
  money revenue currency
  money refunds currency
  count first_time_buyers currency
  count carts_created channel
  count carts_converted channel
  count carts_recovered channel
  count carts_abandoned channel
  count contacts_opened channel
  count contact_messages channel
  count contacts_resolved channel
  count contacts_reopened channel
  count contacts_backlog channel
  count mentions channel sentiment
  count mention_reach channel sentiment
  count surveys_answered instrument
  count nps_promoters touchpoint
  count nps_passives touchpoint
  count nps_detractors touchpoint
  count csat_responses touchpoint
  count csat_positive touchpoint
  count ces_responses touchpoint
  count ces_easy touchpoint
  money costs currency category
  count referrals_invited channel
  count referrals_converted channel
  count engagements kind channel
  count page_views channel
  count readings name
`;

test('every live series has its type, name and dimensions, and no name is given twice', () => {
  const declared = definitionsWith(defaultMetricSettings).flatMap(({ counters }) =>
    Object.entries(counters).map(([name, { type, dimensions }]) => [type, name, ...dimensions].join(' ')),
  );
  assert.deepEqual(declared, liveSeries.trim().split(/\n\s*/));
  const names = declared.map((line) => line.split(' ')[1]);
  assert.equal(new Set(names).size, names.length);
});
