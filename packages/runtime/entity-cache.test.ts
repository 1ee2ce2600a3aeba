import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EntityCache } from './entity-cache.ts';
import { emptyEntity } from './entity.ts';

/** A cache of so many bytes; `loaded` has what it had to read. */
function cacheOf(bytesMax: number) {
  const loaded: string[] = [];
  const cache = new EntityCache(bytesMax, (id) => {
    loaded.push(id);
    return { ...emptyEntity(id, 'mention', []), weight: 10 };
  });
  const here = (...ids: string[]): string => ids.filter((id) => cache.has(id)).join('');
  return { cache, loaded, here };
}

test('entities are kept by weight, and those used longest ago go first', () => {
  const { cache, loaded, here } = cacheOf(30);
  for (const id of ['a', 'b', 'c']) cache.get(id);
  cache.evict();
  assert.equal(here('a', 'b', 'c'), 'abc', 'as much as there is room for');
  cache.get('a');
  cache.get('d');
  cache.evict();
  assert.equal(here('a', 'b', 'c', 'd'), 'acd');
  assert.deepEqual(loaded, ['a', 'b', 'c', 'd']);
});

test('one that has grown takes the place of several, and alone may be all that is kept', () => {
  const { cache, here } = cacheOf(40);
  for (const id of ['a', 'b', 'c']) cache.get(id);
  cache.evict();
  cache.get('c').weight = 25;
  cache.evict();
  assert.equal(here('a', 'b', 'c'), 'bc');
  cache.get('c').weight = 45;
  cache.evict();
  assert.equal(here('a', 'b', 'c'), '', 'what is larger than the room is not kept');
  cache.get('d');
  cache.evict();
  assert.equal(here('d'), 'd');
});

test('what a batch uses stays until its end, however much it is', () => {
  const { cache, loaded } = cacheOf(0);
  const first = cache.get('a');
  for (let index = 0; index < 100; index++) cache.get(`other ${index}`);
  assert.equal(cache.get('a'), first);
  cache.evict();
  assert.equal(cache.has('a'), false);
  cache.get('a');
  assert.equal(loaded.length, 102);
});

test('what is forgotten weighs nothing any more', () => {
  const { cache, here } = cacheOf(20);
  cache.get('a');
  cache.get('b');
  cache.evict();
  cache.forget('a');
  cache.get('c');
  cache.evict();
  assert.equal(here('a', 'b', 'c'), 'bc');
});
