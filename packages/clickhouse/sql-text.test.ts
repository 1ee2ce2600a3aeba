import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksumOf, normalized, withoutQuoted } from './sql-text.ts';

test('comments and spacing go, and not what looks like them in strings, quoted names and heredocs', () => {
  const sql = `
    SELECT 'a -- b', 'it''s  fine', 'back\\'slash  /*', "na#me", \`o  ther\` -- one more
    , /* two  three */ 5 - 3 / 1 # four
    , $$ five  -- $$, $tag$ six ' $tag$, {at:DateTime64(3, 'UTC')}`;
  assert.equal(
    normalized(sql),
    `SELECT 'a -- b', 'it''s  fine', 'back\\'slash  /*', "na#me", \`o  ther\` ` +
      `, 5 - 3 / 1 , $$ five  -- $$, $tag$ six ' $tag$, {at:DateTime64(3, 'UTC')}`,
  );
});

test('comments and spacing do not change the checksum, the text within quotes does', () => {
  const checksum = (sql: string): string => checksumOf([normalized(sql)]);
  assert.equal(checksum('SELECT  1 -- why\n'), checksum('/* because */ SELECT\n1'));
  assert.notEqual(checksum("SELECT 'a  b'"), checksum("SELECT 'a b'"));
});

test('a quote never closed is refused with its line', () => {
  assert.throws(() => normalized("SELECT 1,\n'open"), /line 2: the ' opened here/);
});

test('keywords are looked for outside of quotes', () => {
  assert.equal(withoutQuoted("SELECT 'SQL SECURITY' AS `x y`"), "SELECT '' AS ''");
});

test('whatever stands in a string stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const literal = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
      assert.equal(normalized(`SELECT  ${literal},  2`), `SELECT ${literal}, 2`);
    }),
  );
});
