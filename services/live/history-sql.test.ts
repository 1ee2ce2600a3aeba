import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as history from './history.ts';
import * as details from './history-details.ts';
import * as filtered from './history-filtered.ts';

const span = history.spanOf('2026-05-01', '2026-05-31');
const day = { grain: 'day' } as const;
const movements = { from: '2026-05-01', to: '2026-05-31', zone: 'Europe/Berlin', currency: 'EUR' };
const churns = { ...movements, movement: 'churn' };

const queries: { readonly [what: string]: history.HistoryQuery } = {
  'MRR by day': history.mrrQuery(span, 'EUR', day),
  'MRR by week': history.mrrQuery(span, 'EUR', { grain: 'week' }),
  'MRR by month': history.mrrQuery(span, 'EUR', { grain: 'month' }),
  'MRR of the span and of the one before': history.mrrQuery(span, 'EUR', 'spans'),
  'Churn by day': history.churnQuery(span, day),
  'Churn of the span and of the one before': history.churnQuery(span, 'spans'),
  'Cancellations by day': history.cancellationsQuery(span, 'EUR', day),
  'Cancellations of the span and of the one before': history.cancellationsQuery(span, 'EUR', 'spans'),
  'Committed MRR by day': history.committedQuery(span, 'EUR', day),
  'Committed MRR of the span and of the one before': history.committedQuery(span, 'EUR', 'spans'),
  'Past due by day': history.pastDueQuery(span, 'EUR', day),
  'Past due of the span and of the one before': history.pastDueQuery(span, 'EUR', 'spans'),
  'Shoppers by day': history.shoppersQuery(span, day),
  'Shoppers of the span and of the one before': history.shoppersQuery(span, 'spans'),
  'Carts by day': history.cartsQuery(span, day),
  'Carts of the span and of the one before': history.cartsQuery(span, 'spans'),
  'Value of the carts': history.cartValueQuery(span, 'EUR'),
  'Contacts by day': history.contactsQuery(span, 'day'),
  'Contacts by channel': history.channelsQuery(span),
  'First responses by channel': history.responsesQuery(span),
  Invitations: history.invitationsQuery(span),
  'Mentions by day': history.mentionsQuery(span, day),
  'Mentions of the span and of the one before': history.mentionsQuery(span, 'spans'),
  'NPS by touchpoint': history.npsQuery(span),
  'NPS of persons': history.personsQuery(span),
  Currencies: history.currenciesQuery(),
  'Movements of all kinds': details.movementsQuery({ ...movements, movement: undefined }, 100, 200),
  'Movements of one kind': details.movementsQuery(churns, 100, 200),
  'Total of the movements of one kind': details.movementsTotalQuery(churns),
  'Movements of a customer': details.customerMovementsQuery('anna', 50),
  'Value of a customer': details.customerValueQuery('anna'),
  'Health of a customer': details.customerHealthQuery('anna'),
  'Owners and segments': filtered.filtersQuery(),
  'Movements added up by week, of an owner': filtered.movedQuery(
    { ...movements, owner: 'ada' },
    { grain: 'week' },
  ),
  'Movements added up in all, of an owner and a segment': filtered.movedQuery(
    { ...movements, owner: 'ada', segment: '' },
    'all',
  ),
  'Churn of an owner by month': filtered.churnOfQuery(span, { attribute: 'owner', value: 'ada' }, 'month'),
  'Churn of a segment in all': filtered.churnOfQuery(span, { attribute: 'segment', value: '' }, 'all'),
  Freshness: history.freshnessQuery(),
  Imbalances: history.imbalancesQuery(),
};

// After a change: npx node --test --test-update-snapshots services/live/history-sql.test.ts
test('the SQL of every query is as in history.queries.sql', (t) => {
  const texts = Object.entries(queries).map(
    ([what, { query, query_params }]) => `-- ${what}: ${JSON.stringify(query_params)}\n${query};\n`,
  );
  t.assert.fileSnapshot(texts.join('\n'), fileURLToPath(new URL('history.queries.sql', import.meta.url)), {
    serializers: [String],
  });
});

test('every parameter that a query names is given, and no other', () => {
  for (const [what, { query, query_params }] of Object.entries(queries)) {
    const named = new Set([...query.matchAll(/\{(\w+):\w+\}/g)].map(([, name]) => name));
    assert.deepEqual(new Set(Object.keys(query_params)), named, what);
  }
});

test('MRR of a span opens as its first day does and closes as its last day does', () => {
  const { query } = history.mrrQuery(span, 'EUR', 'spans');
  assert.match(query, /argMin\(d\.mrr - d\.net, d\.date\) AS opening/);
  assert.match(query, /argMax\(d\.mrr, d\.date\) AS closing/);
});

test('customers of a span are at its start those of the first day, at its end those of the last', () => {
  const { query } = history.churnQuery(span, 'spans');
  assert.match(query, /argMin\(d\.customers_at_start, d\.date\) AS customers_at_start/);
  assert.match(query, /argMax\(d\.customers_at_end, d\.date\) AS customers_at_end/);
});
