import { createHash } from 'node:crypto';
import { isLoopback, tokenLengthMin } from '@tidemark/service/guard';
import { type Check, when } from './check.ts';

/** What is seen of the settings: variables, and what each service makes of them. */
export type SettingsSeen = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Every variable that a service knows. */
  readonly known: ReadonlySet<string>;
  /** What services find wrong with a single setting. */
  readonly invalid: readonly string[];
  /** What they find wrong with several together. */
  readonly contradictory: readonly string[];
  /** Parsed `COLLECTOR_KEYS`, or why it cannot be. */
  readonly keys: { readonly hashes: ReadonlyMap<string, string> } | { readonly problem: string };
  /** What is wrong with the rules file of alerts. */
  readonly rules: readonly string[];
};

type Environment = SettingsSeen['environment'];

const isTrue = (value: string | undefined): boolean => /^(true|1|yes)$/i.test(value ?? '');
const given = (environment: Environment, name: string): string => environment[name]?.trim() ?? '';

/** Words that somebody tries first. */
const guessed = [
  '',
  'dev-key',
  'key',
  'test',
  'secret',
  'password',
  'changeme',
  'tidemark',
  'admin',
  '123456',
];
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const guessedHashes = new Map(guessed.map((word) => [sha256(word), word]));

const guarded = ['LIVE', 'ALERTS', 'SINK', 'PROCESSOR'] as const;
const distinctMin = 6;

function exposed(environment: Environment, prefix: string): boolean {
  const host = given(environment, `${prefix}_HOST`);
  return host !== '' && !isLoopback(host);
}

/** Beginnings of names that are ours alone. */
const ours = /^(KAFKA|CLICKHOUSE|COLLECTOR|LIVE|ALERTS|SINK|PROCESSOR|RECOUNT)_/;
/** So many characters may be wrong in a name of ours that begins otherwise. */
const misspeltMax = 2;

/** The known name that differs least, if by little. */
function nearest(name: string, known: ReadonlySet<string>): string | undefined {
  const ranked = [...known].map((one) => [distance(name, one), one] as const).toSorted(([a], [b]) => a - b);
  const [least] = ranked;
  return least !== undefined && least[0] <= misspeltMax ? least[1] : undefined;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

const secretsFix = 'Make another one, for example with `openssl rand -hex 24`.';

/** Checks of the settings in the environment. */
export const settingsChecks: readonly Check<SettingsSeen>[] = [
  {
    id: 'settings.unknown',
    looksAt: 'variables that look like settings and are none',
    severity: 'warning',
    find: ({ environment, known }) =>
      Object.keys(environment)
        .filter((name) => !known.has(name) && given(environment, name) !== '')
        .flatMap((name) => {
          const meant = nearest(name, known);
          const hint = meant === undefined ? '' : `; ${meant} is known`;
          return when(
            ours.test(name) || meant !== undefined,
            `${name} is set, and no service knows it${hint}.`,
          );
        }),
    fix: 'Correct the name, or take it away: docs/settings.md has all settings.',
  },
  {
    id: 'settings.invalid',
    looksAt: 'the value of each setting',
    severity: 'fault',
    find: ({ invalid }) => invalid,
    fix: 'Give the setting what it takes: docs/settings.md. The service does not start before.',
  },
  {
    id: 'settings.contradictory',
    looksAt: 'settings that do not go together',
    severity: 'fault',
    find: ({ contradictory }) => contradictory,
    fix: 'Change one of the settings that are named. The service does not start before.',
  },
  {
    id: 'settings.tls-unused',
    looksAt: 'files of certificates without TLS',
    severity: 'warning',
    find: ({ environment }) =>
      when(
        !isTrue(environment['KAFKA_SSL']) &&
          ['CA', 'CERT', 'KEY'].some((part) => given(environment, `KAFKA_SSL_${part}_FILE`) !== ''),
        'KAFKA_SSL_*_FILE is set, and KAFKA_SSL is not true: the files are not used.',
      ),
    fix: 'Set KAFKA_SSL=true.',
  },
  {
    id: 'settings.login-in-clear',
    looksAt: 'a login to Kafka that is not encrypted',
    severity: 'warning',
    find: ({ environment }) =>
      when(
        given(environment, 'KAFKA_SASL_MECHANISM') === 'plain' && !isTrue(environment['KAFKA_SSL']),
        'KAFKA_SASL_MECHANISM=plain without KAFKA_SSL sends the password to Kafka in clear.',
      ),
    fix: 'Set KAFKA_SSL=true, or use scram-sha-512.',
  },
  {
    id: 'settings.alert-rules',
    looksAt: 'the rules file of the alerts service',
    severity: 'fault',
    find: ({ rules }) => rules,
    fix: 'Correct the line that is named; `npx tidemark alerts check` reads the file again.',
    runbook: 'docs/alerts.md',
  },
  {
    id: 'settings.bi-user',
    looksAt: 'who reads the views for the dashboard',
    severity: 'fault',
    find: ({ environment }) => {
      const reader = given(environment, 'LIVE_CLICKHOUSE_USER');
      const owner = given(environment, 'CLICKHOUSE_USER') || 'tidemark';
      return when(
        reader === owner,
        `LIVE_CLICKHOUSE_USER is ${reader}, who may also write and drop all tables.`,
      );
    },
    fix: 'Use a user who can read the views and nothing else: docs/decisions/bi-user.md.',
  },
  {
    id: 'keys.unreadable',
    looksAt: 'whether the keys of publishers can be read',
    severity: 'fault',
    find: ({ keys }) => ('problem' in keys ? [keys.problem] : []),
    fix: 'Correct COLLECTOR_KEYS; docs/settings.md has its form.',
  },
  {
    id: 'keys.missing',
    looksAt: 'whether anybody can publish',
    severity: 'fault',
    find: ({ environment, keys }) =>
      when(
        given(environment, 'COLLECTOR_HOST') !== '' &&
          'hashes' in keys &&
          keys.hashes.size === 0 &&
          !isTrue(environment['COLLECTOR_DEV_KEY']),
        'The collector has no key: it refuses every event.',
      ),
    fix: 'Set COLLECTOR_KEYS to the name and the SHA-256 of a key for each publisher.',
  },
  {
    id: 'keys.guessable',
    looksAt: 'keys of publishers that somebody would guess',
    severity: 'fault',
    find: ({ keys }) =>
      'problem' in keys
        ? []
        : [...keys.hashes].flatMap(([hash, name]) => {
            const word = guessedHashes.get(hash) ?? (hash === sha256(name) ? name : undefined);
            return word === undefined
              ? []
              : [`The key of ${name} in COLLECTOR_KEYS is ${JSON.stringify(word)}.`];
          }),
    fix: secretsFix,
  },
  {
    id: 'keys.dev-key',
    looksAt: 'the well-known key on a collector that others reach',
    severity: 'fault',
    find: ({ environment }) =>
      when(
        isTrue(environment['COLLECTOR_DEV_KEY']) && exposed(environment, 'COLLECTOR'),
        'COLLECTOR_DEV_KEY is true on a collector that listens for other machines.',
      ),
    fix: 'Take COLLECTOR_DEV_KEY away; publishers get keys by COLLECTOR_KEYS.',
  },
  {
    id: 'tokens.missing',
    looksAt: 'services that other machines reach without a token',
    severity: 'fault',
    find: ({ environment }) =>
      guarded
        .filter((one) => exposed(environment, one) && given(environment, `${one}_TOKEN`) === '')
        .map((one) => `${one}_HOST is reachable from other machines, and ${one}_TOKEN is not set.`),
    fix: 'Set the token, or the host to 127.0.0.1. The service does not start before.',
  },
  {
    id: 'tokens.weak',
    looksAt: 'tokens that are short or simple',
    severity: 'fault',
    find: ({ environment }) =>
      guarded.flatMap((one) => {
        const token = given(environment, `${one}_TOKEN`);
        if (token === '') return [];
        if (token.length < tokenLengthMin) return [`${one}_TOKEN has ${token.length} characters.`];
        return when(new Set(token).size < distinctMin, `${one}_TOKEN repeats a few characters.`);
      }),
    fix: secretsFix,
  },
  {
    id: 'passwords.guessable',
    looksAt: 'passwords of ClickHouse that somebody would guess',
    severity: 'fault',
    find: ({ environment }) =>
      [
        ['CLICKHOUSE_URL', 'CLICKHOUSE_PASSWORD'],
        ['LIVE_CLICKHOUSE_URL', 'LIVE_CLICKHOUSE_PASSWORD'],
      ].flatMap(([at = '', name = '']) => {
        const url = URL.parse(given(environment, at));
        const isElsewhere = url !== null && !isLoopback(url.hostname);
        return when(
          isElsewhere && guessed.includes(given(environment, name)),
          `${name} is empty or a word that is tried first.`,
        );
      }),
    fix: secretsFix,
  },
  {
    id: 'passwords.shared',
    looksAt: 'one password for the owner and the reader',
    severity: 'warning',
    find: ({ environment }) => {
      const password = given(environment, 'CLICKHOUSE_PASSWORD');
      return when(
        password !== '' && password === given(environment, 'LIVE_CLICKHOUSE_PASSWORD'),
        'CLICKHOUSE_PASSWORD and LIVE_CLICKHOUSE_PASSWORD are the same.',
      );
    },
    fix: 'Give the BI user a password of its own: docs/decisions/bi-user.md.',
  },
];
