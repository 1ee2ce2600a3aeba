import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionsWith } from './index.ts';
import { defaultMetricSettings } from './settings.ts';

// Alert rules, `/v1/counters` and dashboards name the live series and their dimensions: a name is a promise.
const liveSeries = `
  mrr currency
  mrr_moved currency movement
  paying_customers currency
  customers
  customers_moved movement
  customers_lost reason
  customers_lost_by_segment segment
  customers_lost_by_owner owner
  customers_lost_by_country country
  customers_lost_by_plan plan
  mrr_lost currency reason
  mrr_lost_by_segment currency segment
  mrr_lost_by_owner currency owner
  mrr_lost_by_country currency country
  mrr_lost_by_plan currency plan
  cancellations_scheduled reason
  cancellations_scheduled_by_segment segment
  cancellations_taken_back reason
  mrr_cancellations_scheduled currency reason
  mrr_cancellations_scheduled_by_segment currency segment
  mrr_cancellations_taken_back currency reason
  purchases currency
  revenue currency
  refunds currency
  first_time_buyers currency
  carts_created channel
  carts_converted channel
  carts_recovered channel
  carts_abandoned channel
  contacts_opened channel
  contact_messages channel
  contacts_resolved channel
  contacts_reopened channel
  contacts_backlog channel
  mentions channel sentiment
  mention_reach channel sentiment
  surveys_answered instrument
  nps_promoters touchpoint
  nps_passives touchpoint
  nps_detractors touchpoint
  csat_responses touchpoint
  csat_positive touchpoint
  ces_responses touchpoint
  ces_easy touchpoint
  costs currency category
  referrals_invited channel
  referrals_converted channel
  engagements kind channel
  page_views channel
  readings name
`;

test('every live series has its name and dimensions, and no name is given twice', () => {
  const declared = definitionsWith(defaultMetricSettings).flatMap(({ counters }) =>
    Object.entries(counters).map(([name, dimensions]) => [name, ...dimensions].join(' ')),
  );
  assert.deepEqual(declared, liveSeries.trim().split(/\n\s*/));
  const names = declared.map((line) => line.split(' ')[0]);
  assert.equal(new Set(names).size, names.length);
});
