import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricFamilies } from './index.ts';
import { oracle, settingsAt } from './index.oracle.ts';

// The worked examples on the pages, those that say which events they are of. The pipeline is compared with the same
// expected answers, so an example is true of it too.

for (const { name: folder, pages } of metricFamilies)
  for (const { name, examples } of pages)
    for (const { given, results, run } of examples)
      if (run !== undefined)
        test(`${name}: ${given}`, () => {
          const { readAt, view, where, settings } = run;
          const events = run.events.map((event, place) => ({ event_id: `e${place}`, ...event }));
          const rows = oracle(events, settingsAt(Date.parse(readAt), settings))[view];
          assert.ok(rows, `packages/metrics/${folder}/expected.oracle.ts has no view ${view}`);
          const found = rows.filter((row) =>
            Object.entries(where).every(([column, value]) => row[column] === value),
          );
          assert.equal(found.length, 1, `rows of ${view} at ${JSON.stringify(where)}`);
          const plain = (value: unknown): unknown => {
            const number = Number(value);
            return Number.isNaN(number) ? value : number;
          };
          for (const [column, , value] of results)
            assert.equal(plain(found[0]![column]), plain(value), `${view}.${column}`);
        });
