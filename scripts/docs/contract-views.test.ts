import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { metricFamilies } from '@tidemark/metrics';
import { view, type View } from '@tidemark/metrics/sql/view';
import {
  count,
  currency,
  date,
  money,
  rate,
  text,
  type ViewColumns,
} from '../../packages/metrics/sql/column.ts';
import { rulesNotBuilt } from './contract.ts';
import { contractDifferences } from './contract-views.ts';

const made = (name: string, columns: ViewColumns): View =>
  view(name, { columns, select: 'SELECT 1', comment: 'A view.' });
const table = (...rows: string[]): string => `| view | columns |\n| --- | --- |\n${rows.join('\n')}\n`;
const differences = (contract: string, ...views: View[]): readonly string[] =>
  contractDifferences(contract, views, [9]);

const day = date('The day.');
const carts = made('carts_daily', { date: day, channel: text('Where.'), carts: count('How many.') });

test('the contract and the views agree', () => {
  const contract = readFileSync(new URL('../../docs/contract/metrics.md', import.meta.url), 'utf8');
  const shown = metricFamilies.flatMap(({ views }) =>
    views.filter(({ database }) => database === 'tidemark'),
  );
  assert.deepEqual(
    contractDifferences(contract, shown, rulesNotBuilt),
    [],
    'edit docs/contract/metrics.md, or the views',
  );
});

test('a view or a column that one side lacks is named', () => {
  const contract = table('| `carts_daily`, `gone` | `channel`; `carts` (of `LIMIT`, `web`), `lost` |');
  const found = differences(contract, carts, made('new', {}));
  assert.deepEqual(found, [
    'the contract names carts_daily.lost, which does not exist',
    'the contract names the view gone, which does not exist',
    'the contract does not name the view new',
  ]);
  assert.deepEqual(differences(table('| `carts_daily` | `carts` |'), carts), [
    'the contract does not name carts_daily.channel',
  ]);
});

test('what a rule that is not built asks for may be missing', () => {
  const link = '([rule 9](rules.md#rule-9))';
  const contract = table(
    `| \`carts_daily\` | \`channel\`; \`carts\`, \`lost\` ${link} |`,
    `| \`gone\` ${link} | \`carts\` |`,
  );
  assert.deepEqual(differences(contract, carts), []);
  assert.deepEqual(differences(contract.replaceAll('9', '8'), carts), [
    'the contract names carts_daily.lost, which does not exist',
    'the contract names the view gone, which does not exist',
  ]);
  assert.deepEqual(differences(contract), ['the contract names the view carts_daily, which does not exist']);
});

test('columns of another view and of one period alone are followed', () => {
  const contract = table(
    '| `a_daily`, `a_monthly` | `carts`; monthly also `growth` ([rule 8](rules.md#rule-8)) |',
    '| `b_daily` | the columns of `a_monthly`, by `kind` |',
  );
  const [kind, growth, number] = [text('Kind.'), count('More.'), count('How many.')];
  const views = [
    made('a_daily', { date: day, carts: number }),
    made('a_monthly', { month: day, carts: number, growth }),
    made('b_daily', { date: day, kind, carts: number, growth }),
  ];
  assert.deepEqual(differences(contract, ...views), []);
});

test('another formula is named', () => {
  const contract = table('| `x` | `lost`, `start`, `lost_rate` = lost ÷ start, `end` |');
  const withRate = (below: string): View =>
    made('x', {
      lost: count('Lost.'),
      start: count('At the start.'),
      end: count('At the end.'),
      lost_rate: rate({ numerator: { lost: 1 }, denominator: { [below]: 1 } }),
    });
  assert.deepEqual(differences(contract, withRate('start')), []);
  assert.deepEqual(differences(contract, withRate('end')), [
    'x.lost_rate is lost / start in the contract, and in the view: lost / end.',
  ]);
});

test('a variant in the reporting currency has the columns of its view, and is there', () => {
  const sales = made('sales', { currency, revenue: money('Revenue.'), buyers: count('Buyers.') });
  const rows = table('| `sales` | `currency`, `revenue`, `buyers` |');
  assert.deepEqual(differences(rows, sales), ['the view sales_reporting does not exist']);

  const variant = made('sales_reporting', { currency, revenue: money('Revenue.'), fx: count('Rates.') });
  assert.deepEqual(differences(rows, sales, variant), [
    'sales_reporting.revenue is Decimal(38, 6), not Nullable(Decimal(38, 6))',
    'sales_reporting lacks buyers of sales',
    'the contract does not name sales_reporting.fx',
  ]);
});

test('what the contract states of every view is compared', () => {
  const odd = made('x_daily', {
    date: text('The day.'),
    open_rate: count('A rate.'),
    wait_seconds: count('Long.'),
    paid: money('Paid.'),
  });
  const contract = table('| `x_daily` | `open_rate`, `wait_seconds`, `paid` |');
  assert.deepEqual(differences(contract, odd), [
    'x_daily.date is String in text, not Date',
    'x_daily.open_rate is Int64 in count, not a fraction',
    'x_daily.wait_seconds is Int64 in count, not seconds',
    'x_daily has money and no column currency',
  ]);
});
