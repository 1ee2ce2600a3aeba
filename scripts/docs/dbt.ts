import { stringify } from 'yaml';
import { cataloguedViews, type CataloguedView } from '@tidemark/metrics/catalogue';
import type { NamedColumn } from '@tidemark/metrics/sql/view';
import { dashboards } from './grafana.ts';

const head = '# Made by `npm run docs` from packages/metrics/catalogue: edit those, not this.\n';

const isRequired = ({ type }: NamedColumn): boolean => !type.startsWith('Nullable(');

function testsOf(column: NamedColumn, { dimensions, period }: CataloguedView): unknown[] {
  const isKey = column.name === period?.column || dimensions.includes(column.name);
  return [
    ...(isKey && isRequired(column) ? ['not_null'] : []),
    ...(column.name === 'currency' ? ['currency_code'] : []),
  ];
}

function tableOf(about: CataloguedView): object {
  const { view, title, meaning, formula, period, dimensions, page, families, group } = about;
  const keys = [...(period === undefined ? [] : [period.column]), ...dimensions];
  return {
    name: view.name,
    description: `${view.comment}\n\n${meaning}\n\n${formula.join('\n')}`,
    tests: [
      ...(view.name === 'audit_imbalances' ? ['empty'] : []),
      // A movement is an event; it has no other key.
      ...(keys.length === 0 || view.name.startsWith('mrr_movements')
        ? []
        : [{ unique_row: { columns: keys } }]),
    ],
    config: {
      meta: { title, group, page: `docs/metrics/${page}.md`, grain: period?.grain ?? null, families },
    },
    columns: view.columns.map((column) => ({
      name: column.name,
      description: column.comment,
      data_type: column.type,
      config: { meta: { unit: column.unit } },
      tests: testsOf(column, about),
    })),
  };
}

/** Files of the dbt package that follow from the catalogue, by path. */
export function dbtFiles(): [file: string, text: string][] {
  const sources = {
    version: 2,
    sources: [
      {
        name: 'tidemark',
        schema: '{{ var("tidemark_database", "tidemark") }}',
        description: 'Metrics of customers: each number is defined once, in the view.',
        tables: cataloguedViews.map(tableOf),
      },
    ],
  };
  const exposures = {
    version: 2,
    exposures: dashboards().map(({ uid, title, description, views }) => ({
      name: uid.replaceAll('-', '_'),
      label: title,
      type: 'dashboard',
      maturity: 'high',
      description,
      owner: { name: 'tidemark', email: 'tidemark@example.com' },
      depends_on: views.map((view) => `source('tidemark', '${view}')`),
    })),
  };
  return [
    ['infra/dbt/models/sources.yml', head + stringify(sources)],
    ['infra/dbt/models/exposures.yml', head + stringify(exposures)],
  ];
}
