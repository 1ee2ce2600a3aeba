import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted, sql } from './text.ts';

test('SQL loses the indentation of its source, and a fragment keeps that of its place', () => {
  const fragment = 'SELECT 1\nFROM a';
  assert.equal(
    sql`
      SELECT *
      FROM (
        ${fragment}
      )
      ${''}
      WHERE x = ${2}`,
    'SELECT *\nFROM (\n  SELECT 1\n  FROM a\n)\nWHERE x = 2',
  );
});

test('a text becomes a literal', () => {
  assert.equal(quoted("one's \\ two"), "'one''s \\\\ two'");
});
