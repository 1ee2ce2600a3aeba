import { cart } from './cart/index.ts';
import { contact } from './contact/index.ts';
import { cost } from './cost/index.ts';
import { currencies } from './currencies/index.ts';
import type { Columns, Definition } from './definition/definition.ts';
import { engagement } from './engagement/index.ts';
import type { MetricFamily } from './family.ts';
import { mention } from './mention/index.ts';
import { purchase } from './purchase/index.ts';
import { reading } from './reading/index.ts';
import { referral } from './referral/index.ts';
import { defaultMetricSettings, type MetricSettings } from './settings.ts';
import { asOf, viewsInForm } from './sql/as-of.ts';
import { functions } from './sql/functions.ts';
import { restated } from './sql/restated.ts';
import type { View, ViewStatement } from './sql/view.ts';
import { subscription } from './subscription/index.ts';
import { survey } from './survey/index.ts';
import { runtimeFacts } from './trust/facts.ts';
import { trust } from './trust/index.ts';
import { value } from './value/index.ts';

/**
 * Every metric of the pipeline: the one place where a folder is registered. Migrations, schemas of facts and the metric
 * reference follow from it, in this order.
 */
export const metricFamilies: readonly MetricFamily[] = [
  subscription,
  purchase,
  cart,
  contact,
  mention,
  survey,
  cost,
  value,
  referral,
  engagement,
  reading,
  currencies,
  trust,
];

/** The definitions that the processor folds with. */
export function definitionsWith(settings: MetricSettings): readonly Definition[] {
  return metricFamilies.flatMap(({ definitions }) => definitions(settings));
}

/** The columns of every kind of fact that the definitions publish; settings do not change them. */
export const factKinds: ReadonlyMap<string, Columns> = new Map(
  definitionsWith(defaultMetricSettings).flatMap(({ facts }) => Object.entries(facts)),
);

/** The same with the kinds that the runtime itself publishes: all that go to `facts`. */
export const publishedKinds: ReadonlyMap<string, Columns> = new Map<string, Columns>([
  ...factKinds,
  ...Object.entries(runtimeFacts),
]);

/** Views that have no as-of form, each with the reason. */
export const withoutAsOf: { readonly [view: string]: string } = {
  data_through: 'how far counting has come is kept as it is now, and not as it was',
  audit_imbalances:
    'it compares facts with what was added up of them, and the as-of form of that is the facts',
};

const all = {
  views: metricFamilies.flatMap(({ views }) => views),
  tables: metricFamilies.flatMap(({ tables }) => tables),
};
const without: ReadonlySet<string> = new Set(Object.keys(withoutAsOf));
/** The as-of forms of all other views (rule 28). */
export const viewsAsOf: readonly View[] = viewsInForm(asOf, all, without);
/** The same views between two instants. */
export const viewsRestated: readonly View[] = viewsInForm(restated, all, without);

/** What brings ClickHouse up to date, as data. */
export type Migration = {
  /** Unique; recorded in the database. */
  readonly name: string;
  /** Applied once, never changed after release: what is to be other has another name. */
  readonly once: readonly string[];
  /** Applied again whenever their text or a setting in it changes. */
  readonly views: readonly ViewStatement[];
};

/**
 * All migrations, in the order in which they are applied: the functions, each table by itself, and the views family by
 * family. All tables come before the first view, and all views before the first as-of form.
 */
export const migrations: readonly Migration[] = [
  { name: 'functions', once: [], views: functions },
  ...metricFamilies.flatMap(({ name, tables }) =>
    tables.map((table) => ({ name: `${name}/${table.name}`, once: table.statements, views: [] })),
  ),
  ...metricFamilies.flatMap(({ name, tables }) =>
    tables.flatMap(({ name: table, later = {} }) =>
      Object.entries(later).map(([what, once]) => ({ name: `${name}/${table}/${what}`, once, views: [] })),
    ),
  ),
  ...metricFamilies.map(({ name, views }) => ({ name: `${name}/views`, once: [], views })),
  { name: 'as-of/views', once: [], views: viewsAsOf },
  { name: 'restated/views', once: [], views: viewsRestated },
];
