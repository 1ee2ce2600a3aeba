import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, isFailure } from './failures.ts';
import * as settings from './settings.ts';

const table = {
  NAME: settings.text('What it is called.'),
  PORT: settings.port('Where it listens.', 8080),
  WAIT: settings.duration('How long it waits.', '30m'),
  LEVEL: settings.oneOf(['low', 'high'], 'How much.', 'low'),
  ON: settings.flag('Whether it runs.', true),
  PARTS: settings.list('What it is made of.', ''),
  BASE: settings.url('Where it is.', 'http://127.0.0.1:8123'),
  KEY: settings.optional(settings.secret('What opens it.')),
  RATE: settings.decimal('How fast it loses worth.', 0.1),
};

test('defaults stand in for what is not set, and every value has its type', () => {
  const values = settings.readSettings(table, { NAME: ' a ', PORT: '' });
  assert.equal(values.NAME, 'a');
  assert.equal(values.PORT, 8080);
  assert.equal(values.WAIT, 1_800_000);
  assert.equal(values.ON, true);
  assert.deepEqual(values.PARTS, []);
  assert.equal(values.BASE.port, '8123');
  assert.equal(values.KEY, undefined);
  assert.equal(values.RATE, 0.1);
});

test('what is set wins over the default', () => {
  const set = {
    NAME: 'a',
    PORT: '0',
    WAIT: '7d',
    LEVEL: 'high',
    ON: 'no',
    PARTS: 'x, y',
    KEY: 'k',
    RATE: '2',
  };
  const values = settings.readSettings(table, set);
  assert.deepEqual(
    [values.PORT, values.WAIT, values.LEVEL, values.ON, values.PARTS, values.KEY, values.RATE],
    [0, 604_800_000, 'high', false, ['x', 'y'], 'k', 2],
  );
});

test('all wrong settings are reported at once, with what is expected and without secrets', () => {
  const wrong = {
    PORT: '70000',
    WAIT: '30 minutes',
    LEVEL: 'no',
    ON: 'maybe',
    PARTS: 'a,,b',
    BASE: 'ftp://x',
  };
  assert.throws(
    () => settings.readSettings(table, wrong),
    (error) => {
      assert.ok(isFailure(error, 'settings.invalid'));
      for (const name of ['NAME', 'PORT', 'WAIT', 'LEVEL', 'ON', 'PARTS', 'BASE'])
        assert.match(error.message, new RegExp(`${name} is`));
      assert.match(error.message, /WAIT is "30 minutes": expected a duration such as 500ms/);
      return true;
    },
  );
  const pin = {
    PIN: settings.must(settings.secret('What opens it.'), 'four digits', (pin) => /^\d{4}$/.test(pin)),
  };
  assert.throws(
    () => settings.readSettings(pin, { PIN: 'hunter2' }),
    (error) => {
      assert.ok(isFailure(error));
      assert.doesNotMatch(error.message, /hunter2/);
      assert.match(error.message, /four digits/);
      return true;
    },
  );
});

test('what settings say together is named with what is wrong by itself, and left out where it cannot be known', () => {
  const pair = {
    LOW: settings.integer('The least.', 1),
    HIGH: settings.integer('The most.', 2),
    NAME: settings.text('Who.'),
  };
  const ordered: settings.SettingsCheck<typeof pair> = ({ LOW, HIGH }) => {
    if (LOW > HIGH) throw new Failure('settings.invalid', 'LOW is above HIGH');
  };
  const messageOf = (given: Readonly<Record<string, string>>): string => {
    try {
      return JSON.stringify(settings.readSettings(pair, given, [ordered]));
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(messageOf({ LOW: '3' }), /NAME is not set.*\n {2}LOW is above HIGH\n/);
  assert.doesNotMatch(messageOf({ LOW: '3', HIGH: 'x' }), /LOW is above HIGH/);
  assert.match(messageOf({ LOW: '1', NAME: 'a' }), /"HIGH":2/);
});

test('durations take one number and one unit', () => {
  const cases: [string, number | undefined][] = [['500ms', 500], ['30s', 30_000], ['12h', 43_200_000], ['0s', 0], ['1.5h', undefined], ['30', undefined], ['-1s', undefined], ['', undefined]]; // prettier-ignore
  for (const [given, expected] of cases) assert.equal(settings.parseDuration(given), expected, given);
});

test('the table prints as help and as a reference, without the secrets', () => {
  const help = settings.settingsHelp({ ...table, TOKEN: settings.secret('Opens it.', 'dev-key') });
  assert.match(help, /WAIT {2}\(a duration such as .*; default: 30m\)\n {6}How long it waits\./);
  assert.match(help, /NAME {2}\(a text; required\)/);
  assert.doesNotMatch(help, /dev-key/);
  assert.equal(settings.describeSettings(table).length, 9);
});
