/** The dashboards of Grafana: one for each family of metrics, a panel for each unit of a view, the SQL that of the view. */
import { cataloguedViews, type CataloguedView } from '@tidemark/metrics/catalogue';
import type { Unit } from '@tidemark/metrics/sql/column';
import type { NamedColumn } from '@tidemark/metrics/sql/view';

/** A dashboard, with the views that it reads. */
export type Dashboard = {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly views: readonly string[];
  readonly panels: readonly Panel[];
};

/** A panel and its query; `$__fromTime`, `$__toTime` and `currency` are filled in by Grafana. */
type Panel = {
  readonly title: string;
  readonly description: string;
  readonly kind: 'timeseries' | 'table';
  readonly sql: string;
  readonly unit: string;
};

const datasource = { type: 'grafana-clickhouse-datasource', uid: 'tidemark' };

/** How Grafana shows a unit. */
const units: { readonly [unit in Unit]?: string } = {
  fraction: 'percentunit',
  percent: 'percent',
  seconds: 's',
  days: 'd',
};

const inTime = ({ period }: CataloguedView): string =>
  `v.${period!.column} BETWEEN toDate($__fromTime) AND toDate($__toTime)`;

function seriesPanel(about: CataloguedView, unit: Unit, measures: readonly NamedColumn[]): Panel {
  const { view, title, period, dimensions, formula } = about;
  const only = dimensions.includes('currency') ? ' AND v.currency = ${currency:sqlstring}' : '';
  return {
    title: `${title}: ${measures.length > 3 ? unit : measures.map(({ name }) => name).join(', ')} (${period!.grain})`,
    description: [...measures.map(({ name, comment }) => `${name}: ${comment}`), '', ...formula].join('\n'),
    kind: 'timeseries',
    unit: units[unit] ?? 'short',
    sql: [
      `SELECT toDateTime(v.${period!.column}) AS time,`,
      `  ${measures.map(({ name }) => `v.${name} AS ${name}`).join(', ')}`,
      `FROM tidemark.${view.name} AS v`,
      `WHERE ${inTime(about)}${only}`,
      'ORDER BY time',
    ].join('\n'),
  };
}

function tablePanel(about: CataloguedView): Panel {
  const { view, title, period, measures, formula } = about;
  return {
    title: `${title} (${period?.grain ?? 'now'})`,
    description: [view.comment, '', ...formula].join('\n'),
    kind: 'table',
    unit: 'short',
    sql: [
      `SELECT ${view.columns.map(({ name }) => `v.${name} AS ${name}`).join(', ')}`,
      `FROM tidemark.${view.name} AS v`,
      ...(period === undefined ? [] : [`WHERE ${inTime(about)}`]),
      `ORDER BY ${period === undefined ? (measures[0]?.name ?? '1') : period.column} DESC`,
      'LIMIT 500',
    ].join('\n'),
  };
}

function panelsOf(about: CataloguedView): Panel[] {
  const isByPeriod = about.period !== undefined && about.period.grain !== 'hour';
  if (!isByPeriod || about.dimensions.some((name) => name !== 'currency')) return [tablePanel(about)];
  return [...Map.groupBy(about.measures, ({ unit }) => unit)].map(([unit, measures]) =>
    seriesPanel(about, unit, measures),
  );
}

/** Of the views of one page that differ in their grain only, the finest by days. */
function shownOf(views: readonly CataloguedView[]): CataloguedView[] {
  const order = ['day', 'week', 'month', 'hour', undefined];
  const stems = Map.groupBy(views, ({ view }) => view.name.replace(/_(hourly|daily|weekly|monthly)/, ''));
  return [...stems.values()].map(
    (same) => same.toSorted((a, b) => order.indexOf(a.period?.grain) - order.indexOf(b.period?.grain))[0]!,
  );
}

/** The dashboards, one for each family of metrics. */
export function dashboards(): Dashboard[] {
  return [...Map.groupBy(cataloguedViews, ({ group }) => group)].map(([group, views]) => {
    const shown = shownOf(views);
    return {
      uid: `tidemark-${group.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`,
      title: `Tidemark: ${group}`,
      description: [...new Set(shown.map(({ title }) => title))].join(', '),
      views: shown.map(({ view }) => view.name),
      panels: shown.flatMap(panelsOf),
    };
  });
}

function panelJson({ title, description, kind, sql, unit }: Panel, index: number): object {
  return {
    id: index + 1,
    title,
    description,
    type: kind,
    datasource,
    gridPos: { h: 9, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 9 },
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: [
      {
        refId: 'A',
        datasource,
        editorType: 'sql',
        queryType: kind,
        format: kind === 'table' ? 1 : 0,
        rawSql: sql,
      },
    ],
  };
}

function dashboardJson({ uid, title, description, panels }: Dashboard): object {
  const usesCurrency = panels.some(({ sql }) => sql.includes('${currency'));
  return {
    uid,
    title,
    description: `${description}. Made by \`npm run docs\` from packages/metrics/catalogue.`,
    schemaVersion: 41,
    version: 1,
    editable: false,
    tags: ['tidemark'],
    time: { from: 'now-90d', to: 'now' },
    timezone: 'utc',
    templating: {
      list: usesCurrency
        ? [
            {
              name: 'currency',
              label: 'Currency',
              type: 'query',
              datasource,
              query: 'SELECT DISTINCT currency FROM tidemark.mrr_daily ORDER BY currency',
              refresh: 1,
            },
          ]
        : [],
    },
    panels: panels.map(panelJson),
  };
}

/** Files of the dashboards, by path. */
export function grafanaFiles(): [file: string, text: string][] {
  return dashboards().map((dashboard) => [
    `infra/grafana/dashboards/${dashboard.uid}.json`,
    JSON.stringify(dashboardJson(dashboard)),
  ]);
}
