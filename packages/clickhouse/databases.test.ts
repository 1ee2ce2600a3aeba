import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrations } from '@tidemark/metrics';
import { inDatabases, plainDatabases } from './databases.ts';

const second = { store: 'tidemark_store_g2', views: 'tidemark_g2' };

test('a statement names the databases of its generation, and no other word changes', () => {
  const text = "CREATE VIEW tidemark.x AS SELECT 'tidemark' FROM tidemark_store.y JOIN tidemark.z USING (a)";
  assert.equal(
    inDatabases(text, second),
    "CREATE VIEW tidemark_g2.x AS SELECT 'tidemark' FROM tidemark_store_g2.y JOIN tidemark_g2.z USING (a)",
  );
  assert.equal(inDatabases(text, plainDatabases), text);
});

test('no statement of the metrics reads another generation’s databases', () => {
  for (const { once, views } of migrations)
    for (const text of [...once, ...views.map((view) => view.text)])
      assert.doesNotMatch(inDatabases(text, second), /\btidemark(_store)?\.[a-z]/);
});
