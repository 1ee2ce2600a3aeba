import { instantText } from '@tidemark/clickhouse/instants';
import { explain, type Explained, Unexplained } from '@tidemark/metrics/explain';

/** A cell of a view, with how its column comes about. */
export type AskedCell = {
  readonly of: Explained;
  /** Columns of its key, as ClickHouse reads them. */
  readonly key: { readonly [column: string]: string };
};

/** A wrong parameter; the message says what is right. */
export class WrongQuestion extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

const periodColumns = ['hour', 'date', 'week', 'month'];
const valueLengthMax = 256;

/**
 * A cell as it is asked for.
 *
 * @param period `2026-10` for a month, `2026-10-05` for a day or a week, `2026-10-05T14` for an hour.
 * @param given Other columns of the key, each as `column=value`.
 * @throws WrongQuestion that names what is wrong and what is right.
 */
export function cellAsked(
  view: string,
  column: string,
  period: string | undefined,
  given: readonly string[],
): AskedCell {
  const of = explained(view, column);
  const names = of.key.map(({ name }) => name);
  const key: { [column: string]: string } = {};
  const periodColumn = names.find((name) => periodColumns.includes(name));
  if (period !== undefined && periodColumn === undefined)
    throw new WrongQuestion('period', `${view} has no periods; its key is ${names.join(', ')}.`);
  if (period !== undefined && periodColumn !== undefined) key[periodColumn] = period;
  for (const pair of given) {
    const [, name = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(pair) ?? [];
    if (!names.includes(name))
      throw new WrongQuestion(
        'key',
        `key is column=value with one of ${names.join(', ')}; "${pair}" is not.`,
      );
    key[name] = value;
  }
  const missing = names.filter((name) => key[name] === undefined);
  if (missing.length > 0) {
    const [first] = missing;
    const how = periodColumns.includes(first!) ? 'period, such as 2026-10' : `key=${first}=…`;
    throw new WrongQuestion(
      first === periodColumn ? 'period' : 'key',
      `${view} needs ${missing.join(', ')} too: give ${how}.`,
    );
  }
  return {
    of,
    key: Object.fromEntries(of.key.map(({ name, type }) => [name, valueOf(name, type, key[name]!)])),
  };
}

function explained(view: string, column: string): Explained {
  try {
    return explain(view, column);
  } catch (error) {
    if (error instanceof Unexplained) throw new WrongQuestion(error.field, error.message);
    throw error;
  }
}

function valueOf(name: string, type: string, given: string): string {
  if (type === 'Date') return dayOf(name, given);
  if (type.startsWith('DateTime')) return instantOf(name, /T\d\d$/.test(given) ? `${given}:00Z` : given);
  if (given.length > valueLengthMax)
    throw new WrongQuestion(name, `${name} has ${valueLengthMax} characters at most.`);
  return given;
}

function dayOf(name: string, given: string): string {
  const day = /^\d{4}-\d\d$/.test(given) ? `${given}-01` : given;
  const at = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
  if (
    Number.isNaN(at) ||
    !new Date(at).toISOString().startsWith(day) ||
    day < '1970-01-01' ||
    day > '2148-12-31'
  )
    throw new WrongQuestion(name, `${name} is a day such as 2026-10-05, or a month such as 2026-10.`);
  return day;
}

/** An instant as ClickHouse reads it, in UTC. */
function instantOf(name: string, given: string): string {
  const at = Date.parse(given);
  if (Number.isNaN(at)) throw new WrongQuestion(name, `${name} is an instant such as 2026-10-05T14:00:00Z.`);
  return instantText(at);
}

/** `name=value` pairs as an object. Throws `WrongQuestion` on anything else. */
export function pairsOf(given: readonly string[]): { readonly [name: string]: string } {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new WrongQuestion('part', `part is name=value; "${pair}" is not.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
