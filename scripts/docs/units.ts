import type { ViewColumn } from './view-texts.ts';

type Known = {
  readonly name: RegExp;
  readonly type: RegExp;
  readonly comment: RegExp;
  readonly unit: string;
};

const any = /./s;
const float = /Float64/;
const known = (unit: string, like: Partial<Omit<Known, 'unit'>>): Known => ({
  name: any,
  type: any,
  comment: any,
  unit,
  ...like,
});

// The first that fits holds.
const units: readonly Known[] = [
  known('instant, UTC', { type: /DateTime64/ }),
  known('date', { type: /\bDate\b/ }),
  known('text', { type: /String/ }),
  known('units of reporting_currency for one', { name: /^rate$/, type: /Decimal\(38, 18\)/ }),
  known('major unit a month', {
    type: /Decimal/,
    comment: /[Mm]ajor unit of \S.* (a|per) month|currency, per month/,
  }),
  known('major unit', { type: /Decimal/, comment: /[Mm]ajor unit/ }),
  known('money or count', { name: /^(expected|found)$/, type: /Decimal/ }),
  known('months', { name: /^months_since$|_months$/ }),
  known('people', { name: /^reach$/ }),
  known('count', { type: /U?Int\d+/ }),
  known('seconds', { name: /_seconds$/, type: float }),
  known('days', { name: /_days_/, type: float }),
  known('fraction', { type: float, comment: /a fraction|from -1 to 1/ }),
  known('points, -100 to 100', { name: /^nps$/, type: float }),
  known('percent', { name: /^csat$/, type: float }),
  known('points, 0 to 100', { name: /^(health|usage|satisfaction|support|payment|growth)$/, type: float }),
  known('points of the scale', { name: /^average_score$/, type: float }),
  known('of the readings', { name: /^(open|high|low|close)$/, type: float }),
  known('purchases a month', { name: /^purchase_frequency$/, type: float, comment: /purchases a month/ }),
  known('purchases a buyer', { name: /^purchase_frequency$/, type: float }),
  known('ratio', { name: /^clv_cac$/, type: float }),
];

/** The unit of a column, by its name, type and comment; `undefined` when none of these tells. */
export function unitOf({ name, type, comment }: ViewColumn): string | undefined {
  return units.find((one) => one.name.test(name) && one.type.test(type) && one.comment.test(comment))?.unit;
}
