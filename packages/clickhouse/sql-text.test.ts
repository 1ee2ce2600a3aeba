import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksumOf, splitStatements, withoutQuoted } from './sql-text.ts';

test('statements end at semicolons, and not at those in strings, quoted names, comments and heredocs', () => {
  const sql = `
    SELECT 'a;b', 'it''s; fine', 'back\\'slash;', "na;me", \`o;ther\` ; -- one; more
    /* two; three */ SELECT 5 - 3 / 1; # four;
    SELECT $$ five; $$, $tag$ six; ' $tag$;;
    SELECT {at:DateTime64(3, 'UTC')}`;
  assert.deepEqual(splitStatements(sql), [
    `SELECT 'a;b', 'it''s; fine', 'back\\'slash;', "na;me", \`o;ther\``,
    'SELECT 5 - 3 / 1',
    "SELECT $$ five; $$, $tag$ six; ' $tag$",
    "SELECT {at:DateTime64(3, 'UTC')}",
  ]);
});

test('comments and spacing do not change the checksum, the text within quotes does', () => {
  const checksum = (sql: string): string => checksumOf(splitStatements(sql));
  assert.equal(checksum('SELECT  1 -- why\n;'), checksum('/* because */ SELECT\n1'));
  assert.notEqual(checksum("SELECT 'a  b'"), checksum("SELECT 'a b'"));
});

test('a quote never closed is refused with its line', () => {
  assert.throws(() => splitStatements("SELECT 1;\nSELECT 'open"), /line 2: the ' opened here/);
});

test('keywords are looked for outside of quotes', () => {
  assert.equal(withoutQuoted("SELECT 'SQL SECURITY' AS `x y`"), "SELECT '' AS ''");
});

test('whatever stands in a string, it is one statement', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const literal = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
      assert.deepEqual(splitStatements(`SELECT ${literal};SELECT 2`), [`SELECT ${literal}`, 'SELECT 2']);
    }),
  );
});
