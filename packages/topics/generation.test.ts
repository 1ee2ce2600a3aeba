import assert from 'node:assert/strict';
import { test } from 'node:test';
import { families } from '@tidemark/events/families';
import { generationOf } from './generation.ts';
import { topics, topicsOfGeneration } from './topics.ts';

test('the first generation has plain names, a later one names of its own', () => {
  const first = generationOf(1, '');
  assert.deepEqual(
    [first.facts, first.store, first.views, first.eventsOf('cart'), first.own('tidemark-sink')],
    ['facts', 'tidemark_store', 'tidemark', 'events.cart', 'tidemark-sink'],
  );
  const second = generationOf(2, '');
  assert.deepEqual(
    [second.facts, second.store, second.views, second.eventsOf('cart'), second.own('tidemark-sink')],
    ['facts-g2', 'tidemark_store_g2', 'tidemark_g2', 'events.cart-g2', 'tidemark-sink-g2'],
  );
});

test('generations share no topic, and each has as many partitions as it is made with', () => {
  const [first, second] = [topics(4, ''), topicsOfGeneration(6, generationOf(2, ''))];
  const names = new Set([...first, ...second].map(({ name }) => name));
  assert.equal(names.size, first.length + second.length);
  assert.deepEqual([...new Set(second.map(({ partitions }) => partitions))], [6]);
  assert.equal(second.length, families.length + 5);
});

test('with a prefix everything in Kafka begins with it, and the databases do not', () => {
  const all = [...topics(1, 'acme.'), ...topicsOfGeneration(1, generationOf(2, 'acme.'))];
  assert.ok(all.every(({ name }) => name.startsWith('acme.')));
  const { facts, own, store, shared } = generationOf(2, 'acme.');
  assert.deepEqual(
    [facts, own('tidemark-sink'), store, shared.generations],
    ['acme.facts-g2', 'acme.tidemark-sink-g2', 'tidemark_store_g2', 'acme.generations'],
  );
});
