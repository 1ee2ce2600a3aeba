import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrations } from '@tidemark/metrics';
import { readSettings } from '@tidemark/service/settings';
import { fillIn, viewSettings } from './view-settings.ts';

test('settings are filled in, unknown ones refused', () => {
  const settings = readSettings(viewSettings, { REPORTING_TIMEZONE: 'Asia/Kolkata', DISCOUNT_RATE: '' });
  assert.equal(fillIn("'{{REPORTING_TIMEZONE}}' {{DISCOUNT_RATE}}", settings), "'Asia/Kolkata' 0.10");
  assert.throws(() => fillIn('SELECT {{ELSE}}', settings), /\{\{ELSE\}\} is no setting/);
});

test('every setting that a view is written with can be filled in, and each is used by one', () => {
  const settings = readSettings(viewSettings, {});
  const texts = migrations.flatMap(({ views }) => views.map(({ text }) => text));
  for (const text of texts) assert.doesNotMatch(fillIn(text, settings), /\{\{/);
  for (const name of Object.keys(viewSettings)) {
    assert.ok(
      texts.some((text) => text.includes(`{{${name}}}`)),
      name,
    );
  }
});

test('no table depends on a setting: it is made once', () => {
  for (const { name, once } of migrations) assert.doesNotMatch(once.join('\n'), /\{\{/, name);
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
