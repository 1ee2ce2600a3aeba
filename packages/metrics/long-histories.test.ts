import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advance, startFold } from '@tidemark/runtime/fold';
import type { AnyEvent } from './definition/definition.ts';
import { instant } from './definition/history.fixtures.ts';
import { definitionsWith } from './index.ts';
import { purchased } from './purchase/purchases.fixtures.ts';
import { defaultMetricSettings } from './settings.ts';
import { pastDue, started } from './subscription/subscriptions.fixtures.ts';

/** Objects, and entries of lists and maps, in a state that were in none before it. */
function newIn(value: unknown, known: WeakSet<object>): number {
  if (typeof value !== 'object' || value === null || known.has(value)) return 0;
  known.add(value);
  const parts = value instanceof Map ? [...value.values()] : Object.values(value);
  return parts.reduce((sum: number, part) => sum + newIn(part, known), 1 + parts.length);
}

/** What all the states of the family's definitions over a history are made of. */
function madeOf(family: string, history: readonly AnyEvent[]): number {
  let made = 0;
  for (const definition of definitionsWith({ ...defaultMetricSettings, pastDueEndsAfterMs: 86_400_000 })) {
    if (definition.on !== family) continue;
    const known = new WeakSet<object>();
    const fold = startFold(definition);
    for (const { occurred_at } of history) {
      advance(fold, history, occurred_at + 1, []);
      made += newIn(fold.state, known);
    }
  }
  return made;
}

const begin = instant('00:00');
const at = (index: number): string => new Date(begin + 1_000 * index).toISOString().slice(0, -1);

const longHistories: { readonly [family: string]: (size: number) => readonly AnyEvent[] } = {
  subscription: (size) =>
    Array.from({ length: size }, (_, index) =>
      (index % 2 === 0 ? started : pastDue)(at(index), { sub: `s${index >> 1}` }),
    ),
  purchase: (size) => Array.from({ length: size }, (_, index) => purchased(`p${index}`, at(index))),
};

for (const [family, historyOf] of Object.entries(longHistories))
  test(`${family}: four times as many things of one entity make little more than four times as many states`, () => {
    const [few, many] = [madeOf(family, historyOf(250)), madeOf(family, historyOf(1_000))];
    assert.ok(many < 6 * few, `${few} for 250 events, ${many} for 1,000`);
  });
