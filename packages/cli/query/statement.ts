/** The SQL of a view and a period. */
import { CommandError, exitCodes } from '@tidemark/command/work';

/** A column of a view. */
export type Column = { readonly name: string; readonly type: string };

/** What is asked of a view. */
export type Asked = {
  readonly view: string;
  /** `2026-01`, `2026-01-15`, `2026`, or two of them with `..` between, both included. */
  readonly period?: string | undefined;
  /** What was known then; milliseconds. */
  readonly asOf?: number | undefined;
  readonly limit: number;
};

/** A statement with its parameters. */
export type Statement = { readonly query: string; readonly parameters: Readonly<Record<string, string>> };

/** Whether the text is the name of a view, and not a statement. */
export function isViewName(text: string): boolean {
  return /^[a-z]\w*$/i.test(text);
}

/**
 * Selects the newest rows of a view first.
 *
 * @throws CommandError when the view has no time, or the period is none.
 */
export function statementOf({ view, period, asOf, limit }: Asked, columns: readonly Column[]): Statement {
  const time = columns.find(({ type }) => /^(Nullable\()?Date/.test(type));
  const known = asOf === undefined ? '' : `_as_of(known_at = {known_at:String})`;
  const parameters: Record<string, string> = {};
  if (asOf !== undefined)
    parameters['known_at'] = new Date(asOf).toISOString().slice(0, 19).replace('T', ' ');
  const where: string[] = [];
  if (period !== undefined) {
    if (time === undefined)
      throw new CommandError(exitCodes.usage, `${view} has no column with a time: leave --period out.`);
    const { from, until } = rangeOf(period);
    const cast = /DateTime/.test(time.type)
      ? "toDateTime(toDate({at:String}), 'UTC')"
      : 'toDate({at:String})';
    where.push(
      `${time.name} >= ${cast.replace('{at:', '{from:')}`,
      `${time.name} < ${cast.replace('{at:', '{until:')}`,
    );
    Object.assign(parameters, { from, until });
  }
  const query = [
    `SELECT * FROM ${view}${known}`,
    where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`,
    time === undefined ? '' : `ORDER BY ${time.name} DESC`,
    `LIMIT ${limit}`,
  ];
  return { query: query.filter((part) => part !== '').join(' '), parameters };
}

/** The first day of a period, and the one after its last. */
export function rangeOf(period: string): { readonly from: string; readonly until: string } {
  const [first = '', last = first, ...rest] = period.split('..');
  const [begin, end] = [spanOf(first), spanOf(last)];
  if (rest.length > 0 || begin === undefined || end === undefined || begin.from >= end.until)
    throw new CommandError(
      exitCodes.usage,
      `--period ${JSON.stringify(period)} is none: write 2026, 2026-01, 2026-01-15, or two of them as 2026-01..2026-03.`,
    );
  return { from: begin.from, until: end.until };
}

function spanOf(text: string): { readonly from: string; readonly until: string } | undefined {
  const match = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1) - 1, Number(match[3] ?? 1)];
  const from = new Date(Date.UTC(year, month, day));
  const given = from.toISOString().slice(0, 10);
  if (!given.startsWith(text)) return undefined;
  const after =
    match[3] !== undefined
      ? Date.UTC(year, month, day + 1)
      : match[2] !== undefined
        ? Date.UTC(year, month + 1, 1)
        : Date.UTC(year + 1, 0, 1);
  return { from: given, until: new Date(after).toISOString().slice(0, 10) };
}
