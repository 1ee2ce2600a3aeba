import { must, type SettingsOf, text } from '@tidemark/service/settings';
import { checksumOf, splitStatements, withoutQuoted } from './sql-text.ts';

/** A view of the contract, or a function that views are written with; placeholders not yet filled in. */
export type ViewStatement = {
  readonly kind: 'view' | 'function';
  /** The view's name within `tidemark`, or the function's. */
  readonly name: string;
  readonly text: string;
};

/** One file of `packages/metrics/sql/`, as 0001_kit.sql describes them. */
export type MigrationFile = {
  /** The file's name, e.g. `0030_cart.sql`. */
  readonly name: string;
  /** Tables and rollups, applied once. */
  readonly once: readonly string[];
  /** Of `once`; comments and spacing do not count. */
  readonly checksum: string;
  /** Applied whenever their filled-in text changes. */
  readonly views: readonly ViewStatement[];
};

/** Settings that views are written with: text, validated since it gets into SQL. Spread it into a service's table. */
export const viewSettings = {
  REPORTING_TIMEZONE: must(
    text('Whose days, weeks and months the reports have.', 'UTC'),
    'an IANA time zone that ClickHouse knows, such as Europe/Berlin',
    (zone) => /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone),
  ),
  REPORTING_CURRENCY: must(
    text('The currency of reports over several currencies.', 'USD'),
    'an ISO 4217 code such as EUR',
    (currency) => /^[A-Z]{3}$/.test(currency),
  ),
  DISCOUNT_RATE: must(
    text('What money loses of its worth in a year, for discounted lifetime values.', '0.10'),
    'a decimal fraction from 0 to 1, such as 0.10',
    (rate) => /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/.test(rate),
  ),
  HEALTH_WEIGHTS: must(
    text(
      'How much usage, satisfaction, support, payment and growth weigh in a customer’s health, in this order.',
      '30,20,15,20,15',
    ),
    'five numbers parted by commas, not all 0, such as 30,20,15,20,15',
    (weights) => /^\d{1,6}(\.\d{1,6})?(,\d{1,6}(\.\d{1,6})?){4}$/.test(weights) && /[1-9]/.test(weights),
  ),
};

/** The values of `viewSettings`. */
export type ViewSettings = SettingsOf<typeof viewSettings>;

const placeholder = /\{\{\s*(\w+)\s*\}\}/g;

/** Puts settings in place of `{{NAME}}`. `parseMigration` has seen to it that there are no others. */
export function fillIn(text: string, settings: ViewSettings): string {
  return text.replace(placeholder, (_, name: string) => settings[name as keyof ViewSettings]);
}

function checkPlaceholders(statement: string): string {
  for (const [given, name = ''] of statement.matchAll(placeholder)) {
    if (Object.hasOwn(viewSettings, name)) continue;
    throw new SyntaxError(`${given} is no setting; there are ${Object.keys(viewSettings).join(', ')}`);
  }
  return statement;
}

function checkOnce(statement: string): string {
  const words = withoutQuoted(statement);
  const start = statement.slice(0, 60);
  if (/\{\{/.test(statement)) {
    throw new SyntaxError(`"${start}…" stands above the line "-- views" and must not depend on a setting`);
  }
  if (/^CREATE\s+(OR\s+REPLACE\s+)?(VIEW|FUNCTION)\b/i.test(words)) {
    throw new SyntaxError(`"${start}…" belongs below the line "-- views"`);
  }
  if (/^CREATE\b/i.test(words) && !/^CREATE\s[\s\w]*\bIF NOT EXISTS\b/i.test(words)) {
    throw new SyntaxError(`"${start}…" needs IF NOT EXISTS: a migration cut off half-way is run again`);
  }
  return statement;
}

function viewStatement(text: string): ViewStatement {
  const words = withoutQuoted(text);
  const made = /^CREATE\s+OR\s+REPLACE\s+(?:FUNCTION\s+(\w+)\s+AS\b|VIEW\s+tidemark\s?\.\s?(\w+)\s?\()/i.exec(
    words,
  );
  const [, asFunction, asView] = made ?? [];
  if (asFunction !== undefined) return { kind: 'function', name: asFunction, text };
  const start = text.slice(0, 60);
  if (asView === undefined) {
    const form =
      'CREATE OR REPLACE VIEW tidemark.name (`column` Type COMMENT …) SQL SECURITY DEFINER AS … COMMENT …';
    throw new SyntaxError(`"${start}…" stands below the line "-- views" and is not of the form ${form}`);
  }
  if (!/\)\s?(DEFINER\s?=\s?\S+\s)?SQL SECURITY DEFINER (COMMENT '' )?AS\b/i.test(words)) {
    throw new SyntaxError(
      `view ${asView} needs SQL SECURITY DEFINER before AS: its readers see no table behind it`,
    );
  }
  if (!/\bCOMMENT ''$|SQL SECURITY DEFINER COMMENT '' AS\b/i.test(words)) {
    throw new SyntaxError(`view ${asView} needs a COMMENT at its end: what it is, its formula, its unit`);
  }
  return { kind: 'view', name: asView, text };
}

/**
 * Reads a migration file. Throws a SyntaxError, beginning with the file's name, on what 0001_kit.sql does not allow.
 */
export function parseMigration(name: string, text: string): MigrationFile {
  const [above = '', ...below] = text.split(/^-- views[ \t]*$/m);
  try {
    if (below.length > 1) throw new SyntaxError('the line "-- views" stands there more than once');
    const once = splitStatements(above).map(checkOnce);
    return {
      name,
      once,
      checksum: checksumOf(once),
      views: splitStatements(below[0] ?? '').map((view) => viewStatement(checkPlaceholders(view))),
    };
  } catch (error) {
    if (error instanceof SyntaxError) throw new SyntaxError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
