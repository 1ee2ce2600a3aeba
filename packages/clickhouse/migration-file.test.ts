import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { readSettings } from '@tidemark/service/settings';
import { fillIn, parseMigration, viewSettings } from './migration-file.ts';

const view = (name: string): string =>
  `CREATE OR REPLACE VIEW tidemark.${name} (\`a\` UInt8 COMMENT 'A.') SQL SECURITY DEFINER AS SELECT 1 AS a COMMENT 'V.';`;

test('what stands above the line is applied once, what stands below are views', () => {
  const file = parseMigration(
    '0001.sql',
    `CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = Memory;\n-- views\n${view('v')}\n${view('w')}`,
  );
  assert.deepEqual(file.once, ['CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = Memory']);
  assert.deepEqual(
    file.views.map(({ kind, name }) => [kind, name]),
    [
      ['view', 'v'],
      ['view', 'w'],
    ],
  );
});

test('a file that could not be run again, or that leaks what is behind a view, is refused with its name', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['CREATE TABLE t (a UInt8) ENGINE = Memory', /^SyntaxError: x\.sql: .*needs IF NOT EXISTS/],
    ['CREATE MATERIALIZED VIEW m TO t AS SELECT 1', /needs IF NOT EXISTS/],
    ["CREATE TABLE IF NOT EXISTS t (a DateTime('{{REPORTING_TIMEZONE}}'))", /must not depend on a setting/],
    [view('v'), /belongs below the line/],
    ['-- views\nDROP TABLE t', /is not of the form/],
    ['-- views\nCREATE OR REPLACE VIEW other.v (`a` UInt8) AS SELECT 1', /is not of the form/],
    [`-- views\n${view('v').replace('SQL SECURITY DEFINER', '')}`, /view v needs SQL SECURITY DEFINER/],
    [`-- views\n${view('v').replace("COMMENT 'V.'", '')}`, /view v needs a COMMENT/],
    ['-- views\n-- views\n', /more than once/],
  ];
  for (const [text, message] of refused) assert.throws(() => parseMigration('x.sql', text), message, text);
});

test('settings are filled in, unknown ones refused', () => {
  const settings = readSettings(viewSettings, { REPORTING_TIMEZONE: 'Asia/Kolkata', DISCOUNT_RATE: '' });
  assert.equal(fillIn("'{{REPORTING_TIMEZONE}}' {{DISCOUNT_RATE}}", settings), "'Asia/Kolkata' 0.10");
  assert.throws(() => parseMigration('x.sql', '-- views\nSELECT {{ELSE}}'), /\{\{ELSE\}\} is no setting/);
});

test('settings that would break out of the SQL are refused', () => {
  for (const wrong of [
    { REPORTING_TIMEZONE: "UTC') --" },
    { REPORTING_CURRENCY: 'euro' },
    { DISCOUNT_RATE: '1.5' },
    { DISCOUNT_RATE: '0 OR 1' },
  ]) {
    const [name = ''] = Object.keys(wrong);
    assert.throws(() => readSettings(viewSettings, wrong), new RegExp(name));
  }
});

test('every file of the folder is of the form', () => {
  const folder = new URL('../metrics/sql/', import.meta.url);
  for (const name of readdirSync(folder)) parseMigration(name, readFileSync(new URL(name, folder), 'utf8'));
});
