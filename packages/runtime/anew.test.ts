import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnyEvent, Definition, Fact } from '@tidemark/metrics/definition/definition';
import { type Anew, foldedAnew } from './anew.ts';
import { difference } from './difference.ts';
import { driverOf, observed, running, voidOf } from './running.fixtures.ts';
import { entityId } from './entity-id.ts';

const id = entityId('mention', 'one');
const many = Array.from({ length: 40 }, (_, n) => observed(100 + 3 * n, n));

function anew(
  stored: ReadonlyMap<string, Uint8Array>,
  definitions: readonly Definition[] = [running()],
): Anew | undefined {
  return foldedAnew(id, {
    store: stored,
    codec: { decodeEvent: (_family, bytes) => JSON.parse(new TextDecoder().decode(bytes)) as AnyEvent },
    definitionsOn: () => definitions,
  });
}

/** A history that came late, twice and partly void, over several segments. */
function counted() {
  const driver = driverOf();
  driver.at(150);
  driver.arrives(...many.slice(20));
  driver.at(400);
  driver.arrives(...many, voidOf(many[7]!));
  return driver;
}

test('a history folded anew gives the facts that are out, with the instants that they lie between', () => {
  const driver = counted();
  const { facts, first, through } = anew(driver.stored)!;
  assert.ok(facts.length > 30);
  assert.deepEqual(difference(facts, driver.facts), []);
  assert.deepEqual([first, through], [100, 400]);
});

test('states that the stream goes on from have no part in it', () => {
  const driver = counted();
  // The states are of sums that no events give: what is published from now on is wrong.
  const wrong = running();
  driver.restart([
    { ...wrong, step: (state, input) => wrong.step({ ...(state as object), sum: 500 }, input) },
  ]);
  driver.at(410);
  driver.arrives(observed(405));
  driver.at(450);
  const { facts } = anew(driver.stored)!;
  const differing: Fact[] = difference(facts, driver.facts).map(({ fact }) => fact);
  assert.deepEqual([...new Set(differing.map(({ at }) => at))], [405, 415]);
});

test('what cannot be compared is left out: not stored, all void, or not met by a definition yet', () => {
  const driver = driverOf();
  assert.equal(anew(driver.stored), undefined);
  driver.at(400);
  driver.arrives(many[0]!, voidOf(many[0]!));
  assert.equal(anew(driver.stored), undefined);
  driver.arrives(many[1]!);
  assert.ok(anew(driver.stored));
  assert.equal(anew(driver.stored, [running(), { ...running(), name: 'later' }]), undefined);
});
