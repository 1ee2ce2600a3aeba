/**
 * Settings from the environment: one table a service, read once in its `main.ts`, passed on as values.
 *
 * ```ts
 * const table = { CART_ABANDON_AFTER: duration('How long a cart is quiet until it is abandoned.', '30m') };
 * const { CART_ABANDON_AFTER } = readSettings(table, process.env); // number, milliseconds
 * ```
 */
import { Failure, isFailure } from './failures.ts';

/** One setting: what it is for, what it takes, and how its text becomes a value. */
export type Setting<Value> = {
  readonly doc: string;
  /** What is expected, in words: `a duration such as 30m`. */
  readonly takes: string;
  /** The text taken when the variable is not set; `undefined` when it must be set. */
  readonly fallback: string | undefined;
  /** Never shown in logs or errors. */
  readonly secret: boolean;
  /** The value, or `undefined` when the text is not what is expected. */
  readonly parse: (text: string) => Value | undefined;
};

/** Settings by the name of their variable. */
export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table. */
export type SettingsOf<Table extends SettingsTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer Value> ? Value : never;
};

/** Variables as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Kind<Value> = Pick<Setting<Value>, 'takes' | 'parse'>;

function setting<Value>(kind: Kind<Value>, doc: string, fallback: string | undefined): Setting<Value> {
  return { doc, takes: kind.takes, fallback, secret: false, parse: kind.parse };
}

/** A text; `''` is allowed only as the fallback. */
export function text(doc: string, fallback?: string): Setting<string> {
  return setting({ takes: 'a text', parse: (given) => given }, doc, fallback);
}

/** A text that is never shown. */
export function secret(doc: string, fallback?: string): Setting<string> {
  return { ...text(doc, fallback), secret: true };
}

/** One of a closed list. */
export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  doc: string,
  fallback?: Choice,
): Setting<Choice> {
  const parse = (given: string): Choice | undefined => choices.find((choice) => choice === given);
  return setting({ takes: `one of ${choices.join(', ')}`, parse }, doc, fallback);
}

/** A whole number within the limits, both included. */
export function integer(
  doc: string,
  fallback?: number,
  limits: { readonly min?: number; readonly max?: number } = {},
): Setting<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = limits;
  const takes =
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`;
  const parse = (given: string): number | undefined => {
    const value = /^-?\d+$/.test(given) ? Number(given) : Number.NaN;
    return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
  };
  return setting({ takes, parse }, doc, fallback?.toString());
}

/** A number with or without decimals, such as a rate. */
export function decimal(doc: string, fallback?: number): Setting<number> {
  const parse = (given: string): number | undefined =>
    /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : undefined;
  return setting({ takes: 'a number such as 0.1', parse }, doc, fallback?.toString());
}

/** A TCP port; 0 lets the system choose. */
export function port(doc: string, fallback?: number): Setting<number> {
  return { ...integer(doc, fallback, { min: 0, max: 65_535 }), takes: 'a port, 0 to 65535' };
}

/** `true`/`false`, also `1`/`0`, `yes`/`no`. */
export function flag(doc: string, fallback?: boolean): Setting<boolean> {
  const words: Readonly<Record<string, boolean>> = {
    true: true,
    1: true,
    yes: true,
    false: false,
    0: false,
    no: false,
  };
  return setting(
    { takes: 'true or false', parse: (given) => words[given.toLowerCase()] },
    doc,
    fallback?.toString(),
  );
}

/** A length of time in milliseconds: `500ms`, `30s`, `30m`, `12h`, `7d`. */
export function duration(doc: string, fallback?: string): Setting<number> {
  return setting(
    { takes: 'a duration such as 500ms, 30s, 30m, 12h or 7d', parse: parseDuration },
    doc,
    fallback,
  );
}

/** Parts between commas, trimmed, none of them empty. */
export function list(doc: string, fallback?: string): Setting<readonly string[]> {
  const parse = (given: string): readonly string[] | undefined => {
    const parts = given === '' ? [] : given.split(',').map((part) => part.trim());
    return parts.includes('') ? undefined : parts;
  };
  return setting({ takes: 'a list, parts between commas', parse }, doc, fallback);
}

/** An http or https URL. */
export function url(doc: string, fallback?: string): Setting<URL> {
  const parse = (given: string): URL | undefined => {
    const parsed = URL.parse(given);
    return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed : undefined;
  };
  return setting({ takes: 'a URL such as http://127.0.0.1:8123', parse }, doc, fallback);
}

/** The same setting, but `undefined` when the variable is not set. */
export function optional<Value>(given: Setting<Value>): Setting<Value | undefined> {
  return {
    ...given,
    fallback: '',
    parse: (content) => (content === '' ? undefined : given.parse(content)),
    takes: `${given.takes}, or nothing`,
  };
}

/**
 * Narrows a setting: `check` gives the complaint about a value that will not do, or `undefined`.
 * The complaint becomes part of what is expected: keep it a noun phrase.
 */
export function must<Value>(
  given: Setting<Value>,
  takes: string,
  check: (value: Value) => boolean,
): Setting<Value> {
  const parse = (content: string): Value | undefined => {
    const value = given.parse(content);
    return value !== undefined && check(value) ? value : undefined;
  };
  return { ...given, takes, parse };
}

/** Milliseconds of `500ms`, `30s`, `30m`, `12h`, `7d`; `undefined` when it is none of these. */
export function parseDuration(given: string): number | undefined {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(given);
  if (match === null) return undefined;
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[
    match[2] as 'ms' | 's' | 'm' | 'h' | 'd'
  ];
  const value = Number(match[1]) * unitMs;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Looks at several settings together, or into one; throws Failure `settings.invalid` when they will not do. */
export type SettingsCheck<Table extends SettingsTable> = (settings: SettingsOf<Table>) => unknown;

/**
 * The values of every setting of the table.
 *
 * @param checks What is asked of settings together. One that needs a setting that is wrong by itself is left out.
 * @throws Failure `settings.invalid`, once, naming every variable that is missing or wrong, with what
 * is expected of each, and what every check says. The values of secrets are not shown.
 */
export function readSettings<Table extends SettingsTable>(
  table: Table,
  environment: Environment,
  checks: readonly SettingsCheck<Table>[] = [],
): SettingsOf<Table> {
  const values: Record<string, unknown> = {};
  const complaints: string[] = [];
  const wrong = new Set<string | symbol>();
  for (const [name, one] of Object.entries(table)) {
    const given = environment[name]?.trim();
    const content = given === undefined || given === '' ? one.fallback : given;
    if (content === undefined) {
      complaints.push(`${name} is not set: ${one.takes}. ${one.doc}`);
      wrong.add(name);
      continue;
    }
    const unset = content === one.fallback && one.fallback === '';
    const value = one.parse(content);
    // An optional setting that is not set parses to undefined, and so it shall.
    if (value === undefined && !unset) {
      wrong.add(name);
      complaints.push(
        `${name} is ${one.secret ? 'wrong' : JSON.stringify(content)}: expected ${one.takes}. ${one.doc}`,
      );
    }
    values[name] = value;
  }
  const readable = new Proxy(values, {
    get(all, name) {
      if (wrong.has(name)) throw namedAlready;
      return all[String(name)];
    },
  }) as SettingsOf<Table>;
  for (const check of checks) complaints.push(...complaintsOf(() => check(readable)));
  if (complaints.length > 0) {
    throw new Failure(
      'settings.invalid',
      `${complaints.length === 1 ? 'a setting' : 'settings'} to correct:\n  ${complaints.join('\n  ')}\n`,
    );
  }
  return values as SettingsOf<Table>;
}

const namedAlready = new Error('this setting is wrong by itself');

function complaintsOf(check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error === namedAlready) return [];
    if (isFailure(error, 'settings.invalid')) return [error.what.trimEnd()];
    throw error;
  }
}

/** One line of a reference of settings. */
export type SettingDescription = {
  readonly name: string;
  readonly takes: string;
  /** The text taken when it is not set; `undefined` when it must be set; `''` for nothing. */
  readonly fallback: string | undefined;
  readonly doc: string;
};

/** The table as rows, for the reference page. A secret's fallback is not shown. */
export function describeSettings(table: SettingsTable): SettingDescription[] {
  return Object.entries(table).map(([name, one]) => ({
    name,
    takes: one.takes,
    fallback: one.secret && one.fallback ? '(secret)' : one.fallback,
    doc: one.doc,
  }));
}

/** The table as text for `--help`: a line of name, what it takes and its default; below it the explanation. */
export function settingsHelp(table: SettingsTable): string {
  const lines = describeSettings(table).map(({ name, takes, fallback, doc }) => {
    const otherwise =
      fallback === undefined ? 'required' : fallback === '' ? 'default: none' : `default: ${fallback}`;
    return `  ${name}  (${takes}; ${otherwise})\n      ${doc}`;
  });
  return lines.join('\n');
}
