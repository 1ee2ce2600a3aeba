/** The worked examples of docs/publish/import.md: what their files become, in events and in MRR. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { retentionMs } from '@tidemark/events/families';
import { acceptJson } from '@tidemark/events/validate';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { view } from '@tidemark/metrics/oracle/events.fixtures';
import { readMapping } from './mapping.ts';
import { openFile } from './open-file.ts';
import { anyAge, eventsOfRow } from './row-events.ts';
import { importFile, type ImportOptions } from './run.ts';

const now = '2025-07-31';
const folder = mkdtempSync(join(tmpdir(), 'tidemark-import-'));
after(() => rmSync(folder, { recursive: true }));

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/import/${name}`, import.meta.url));

async function eventsOf(name: string): Promise<ContractEvent[]> {
  const { mapping } = readMapping(example(`${name}.yaml`));
  const events: ContractEvent[] = [];
  for await (const row of (await openFile(example(`${name}.csv`), mapping)).rows)
    for (const event of eventsOfRow(row, mapping, { now: Date.parse(now), retention: anyAge }).events) {
      const verdict = acceptJson(event, { now: Date.parse(now), defaultSource: 'test' });
      assert(verdict.ok && verdict.warnings === undefined, JSON.stringify(verdict));
      events.push(verdict.event as ContractEvent);
    }
  return events;
}

test('a plain list of subscriptions gives the MRR that one adds up by hand', async () => {
  const events = await eventsOf('subscription-list');
  assert.deepEqual(
    view('mrr_monthly', events, now, 'month currency mrr').filter((row) => row >= '2025-01'),
    [
      // Acme pays 12 × 1,250 a year.
      '2025-01-01 EUR 1346.500000',
      '2025-02-01 EUR 1365.500000',
      // The archive of Bolt ends with the 30th, since the 31st is its first day without.
      '2025-03-01 EUR 1356.000000',
      '2025-04-01 EUR 1337.000000',
      '2025-04-01 USD 58.333333',
      '2025-05-01 EUR 1337.000000',
      '2025-05-01 USD 58.333333',
      '2025-06-01 EUR 1337.000000',
      '2025-06-01 USD 58.333333',
      '2025-07-01 EUR 1337.000000',
      '2025-07-01 USD 58.333333',
    ],
  );
});

test('an export of Stripe gives MRR and churn, with trials and scheduled ends', async () => {
  const events = await eventsOf('stripe-subscriptions');
  assert.deepEqual(
    view('mrr_monthly', events, now, 'month currency mrr').filter((row) => row >= '2025-02'),
    [
      '2025-02-01 EUR 106.000000',
      '2025-02-01 USD 24.166667',
      '2025-03-01 EUR 106.000000',
      '2025-03-01 JPY 6000.000000',
      '2025-03-01 USD 0.000000',
      '2025-04-01 EUR 106.000000',
      '2025-04-01 JPY 6000.000000',
      '2025-04-01 USD 0.000000',
      '2025-05-01 EUR 106.000000',
      '2025-05-01 JPY 6000.000000',
      '2025-05-01 USD 0.000000',
      // The trial ends on the 24th.
      '2025-06-01 EUR 125.000000',
      '2025-06-01 JPY 6000.000000',
      '2025-06-01 USD 0.000000',
      // The scheduled end of sub_4.
      '2025-07-01 EUR 106.000000',
      '2025-07-01 JPY 6000.000000',
      '2025-07-01 USD 0.000000',
    ],
  );
  assert.deepEqual(
    view('churn_monthly', events, now, 'month customers_lost').filter((row) => !row.endsWith(' 0')),
    ['2025-03-01 1', '2025-07-01 1'],
  );
});

function dryRun(name: string, more: Partial<ImportOptions> = {}): ImportOptions {
  return {
    file: example(`${name}.csv`),
    mapping: example(`${name}.yaml`),
    rejected: join(folder, 'rejected.ndjson'),
    checkpoint: join(folder, 'checkpoint.json'),
    fresh: false,
    dryRun: retentionMs,
    collector: new URL('http://127.0.0.1:1'),
    key: '',
    timeoutMs: 1,
    progress: { show: () => undefined, end: () => undefined },
    signal: new AbortController().signal,
    ...more,
  };
}

test('a dry run sends nothing, keeps no position, and shows what would be published and rejected', async () => {
  const options = dryRun('subscription-list');
  const { accepted, rejected, passedOver, samples, shown, row } = await importFile(options);
  assert.deepEqual([row, rejected, passedOver], [6, 1, 0]);
  assert.deepEqual(accepted, { 'subscription.started': 5, 'subscription.canceled': 2 });
  assert.deepEqual(
    samples.map((event) => event['event_id']),
    ['list:A-1:started', 'list:B-2:canceled:31.03.2025'],
  );
  assert.equal(shown[0]!.row.line, 7);
  const kept = JSON.parse(readFileSync(options.rejected, 'utf8')) as Record<string, unknown>;
  assert.equal(kept['_line'], 7);
  assert.match(String(kept['_reasons']), /^subscription\.started \$\.quantity: "many" is no number/);
  assert.equal(existsSync(options.checkpoint), false);
  const none = await importFile(dryRun('stripe-subscriptions'));
  assert.deepEqual([none.rejected, none.passedOver], [0, 1]);
  assert.equal(existsSync(options.rejected), false, 'no file without a rejected row');
});

test('a rejected row, corrected, is imported by the same mapping', async () => {
  const options = dryRun('subscription-list');
  await importFile(options);
  const corrected = join(folder, 'corrected.ndjson');
  writeFileSync(corrected, readFileSync(options.rejected, 'utf8').replace('"Seats":"many"', '"Seats":4'));
  const { samples, rejected } = await importFile({ ...options, file: corrected });
  assert.deepEqual([rejected, samples.map((event) => event['quantity'])], [0, [4]]);
});
