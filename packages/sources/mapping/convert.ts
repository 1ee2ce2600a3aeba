import { DateTime } from 'luxon';
import { exponentOf } from '@tidemark/events/currencies';
import type { FieldSpec } from '@tidemark/events/schema';
import { decimalIn, type Decimal, scaled } from '../decimals.ts';
import { CellError } from './template.ts';

/** How the texts of a field are written. */
export type Written = {
  /** `iso`, `seconds`, `milliseconds`, or a pattern of luxon such as `dd.MM.yyyy HH:mm`. */
  readonly time: string;
  /** The zone of times that name none. */
  readonly zone: string;
  /** Whether money is in units such as dollars or in the minor unit; `undefined` where the field is no money. */
  readonly money: 'major' | 'minor' | undefined;
  /** Characters that are taken out of numbers, such as `$,`. */
  readonly without: string;
  /** What stands before the decimals. */
  readonly decimal: string;
  /** What stands between the items of a list. */
  readonly split: string;
};

/**
 * A text as the value of a field.
 *
 * @param currency The currency of the event, which says how many decimals money has.
 * @throws CellError that says what was expected.
 */
export function converted(
  text: string,
  field: FieldSpec,
  { written, currency }: { readonly written: Written; readonly currency: unknown },
): unknown {
  switch (field.kind) {
    case 'string':
      if (field.form === 'currency') return text.toUpperCase();
      return field.form === 'date' ? timeIn(text, written).toISODate() : text;
    case 'instant':
      return timeIn(text, written).toUTC().toISO();
    case 'long':
      return written.money === 'major' ? minorUnits(text, written, currency) : wholeIn(text, written);
    case 'double': {
      const number = plain(text, written);
      if (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(number)) return Number(number);
      throw new CellError(`${shown(text)} is no number.`);
    }
    case 'boolean':
      if (/^(true|yes|1)$/i.test(text)) return true;
      if (/^(false|no|0)$/i.test(text)) return false;
      throw new CellError(`${shown(text)} is neither true nor false.`);
    case 'strings':
      return text
        .split(written.split)
        .map((item) => item.trim())
        .filter((item) => item !== '');
  }
}

const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** A number without what makes it pretty. */
function plain(text: string, { without, decimal }: Written): string {
  const kept = Array.from(without)
    .reduce((left, one) => left.replaceAll(one, ''), text)
    .trim();
  return decimal === '.' ? kept : kept.replace(decimal, '.');
}

function decimalOf(text: string, written: Written): Decimal {
  const decimal = decimalIn(plain(text, written));
  if (decimal !== undefined) return decimal;
  throw new CellError(
    `${shown(text)} is no number: name what it has beside digits with \`without\`, and its decimal mark with \`decimal\`.`,
  );
}

/** The number in units of 10^-`places`, when it is whole in them. */
function wholeAt(decimal: Decimal, places: number): number | undefined {
  const whole = scaled(decimal, places);
  const isExact =
    scaled({ digits: whole, places }, decimal.places) === decimal.digits || decimal.places <= places;
  return isExact ? Number(whole) : undefined;
}

function wholeIn(text: string, written: Written): number {
  const whole = wholeAt(decimalOf(text, written), 0);
  if (whole !== undefined) return whole;
  const hint =
    written.money === undefined ? '' : ' of the minor unit: for units such as dollars write `money: major`';
  throw new CellError(`${shown(text)} is no whole number${hint}.`);
}

function minorUnits(text: string, written: Written, currency: unknown): number {
  const exponent = typeof currency === 'string' ? exponentOf(currency) : undefined;
  if (exponent === undefined)
    throw new CellError(
      `${shown(text)} cannot be read without a currency, and currency is ${String(currency)}.`,
    );
  const minor = wholeAt(decimalOf(text, written), exponent);
  if (minor !== undefined) return minor;
  throw new CellError(`${shown(text)} has more decimals than ${String(currency)}, which has ${exponent}.`);
}

type Parser = ReturnType<typeof DateTime.buildFormatParser>;

/** Patterns are few, and taking one apart costs more than reading a time by it. */
const parsers = new Map<string, Parser>();

function parserOf(pattern: string): Parser {
  const known = parsers.get(pattern);
  if (known !== undefined) return known;
  const parser = DateTime.buildFormatParser(pattern, { locale: 'en-US' });
  parsers.set(pattern, parser);
  return parser;
}

function timeIn(text: string, { time, zone }: Written): DateTime<true> {
  const found = read(text, time, zone) as DateTime<true> | DateTime<false>;
  if (found.isValid) return found;
  const form =
    time === 'iso'
      ? 'a time such as 2026-05-31, 2026-05-31 08:00 or 2026-05-31T08:00:00Z'
      : `a time of the form ${time}`;
  throw new CellError(`${shown(text)} is not ${form}.`);
}

function read(text: string, time: string, zone: string): DateTime {
  if (time === 'seconds' || time === 'milliseconds') {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    const ms = Math.trunc(time === 'seconds' ? number * 1_000 : number);
    return Number.isNaN(ms) ? DateTime.invalid('no number') : DateTime.fromMillis(ms, { zone });
  }
  if (time !== 'iso') return DateTime.fromFormatParser(text, parserOf(time), { zone, locale: 'en-US' });
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return DateTime.invalid('no date');
  const iso = DateTime.fromISO(text, { zone });
  return iso.isValid ? iso : DateTime.fromSQL(text, { zone });
}
