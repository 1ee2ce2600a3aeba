import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differing } from './other-versions.ts';
import { versionedComment } from './version-comments.ts';

/** The views of a generation: `lost` is read by `churn`, and `mrr` reads a view beside the tables. */
function viewsOf(generation: number, { lost = 'reads facts', zone = 'UTC' } = {}) {
  const views = `tidemark_g${generation}`;
  const store = generation === 1 ? 'tidemark_store' : `tidemark_store_g${generation}`;
  return [
    { database: views, name: 'lost', text: `CREATE VIEW ${views}.lost AS ${lost} COMMENT 'Lost.'` },
    { database: views, name: 'churn', text: `CREATE VIEW ${views}.churn AS SELECT * FROM ${views}.lost` },
    { database: views, name: 'mrr', text: `CREATE VIEW ${views}.mrr AS SELECT * FROM ${store}.days` },
    { database: store, name: 'days', text: `CREATE VIEW ${store}.days AS SELECT '${zone}'` },
  ];
}

test('generations with the same texts have no other versions, whatever their databases are called', () => {
  assert.deepEqual(differing([...viewsOf(2), ...viewsOf(1)], 2, [1]), []);
});

test('a view is another version when a view that it reads is one', () => {
  assert.deepEqual(differing([...viewsOf(2), ...viewsOf(1, { lost: 'reads otherwise' })], 2, [1]), [
    { generation: 1, name: 'lost' },
    { generation: 1, name: 'churn' },
  ]);
  assert.deepEqual(differing([...viewsOf(2), ...viewsOf(1, { zone: 'Asia/Kolkata' })], 2, [1]), [
    { generation: 1, name: 'mrr' },
  ]);
});

test('a comment says the versions of the definitions behind the view, and says others in their place', () => {
  const first = versionedComment('Carts.', 'cart_abandonment_daily', { 'cart-outcomes': '2 quietMs=60000' });
  assert.equal(first, 'Carts. Version: cart-outcomes 2 quietMs=60000.');
  const second = versionedComment(first, 'cart_abandonment_daily', { 'cart-outcomes': '3', surveys: '2' });
  assert.equal(second, 'Carts. Version: cart-outcomes 3.');
  assert.equal(versionedComment(second, 'cart_abandonment_daily', {}), 'Carts.');
});
