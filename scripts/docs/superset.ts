/**
 * What Superset imports: a data set for each view, with the meaning of every column, and a dashboard. A file of JSON is a file of
 * YAML too.
 */
import { createHash } from 'node:crypto';
import { cataloguedViews, type CataloguedView } from '@tidemark/metrics/catalogue';

const folder = 'infra/superset/';
const version = '1.0.0';

/** The same id for the same thing whenever the files are made. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(`tidemark superset ${name}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

const database = {
  database_name: 'tidemark',
  // The password is asked for by the import, and stands in no file.
  sqlalchemy_uri: 'clickhousedb://bi:XXXXXXXXXX@127.0.0.1:8123/tidemark',
  cache_timeout: null,
  expose_in_sqllab: true,
  allow_run_async: false,
  allow_ctas: false,
  allow_cvas: false,
  allow_dml: false,
  extra: {},
  uuid: uuidOf('database'),
  version,
};

/** A figure of one row; nothing over several, which seldom add up. */
const alone = (name: string): string => `if(count() = 1, any(${name}), NULL)`;

function datasetOf({ view, period, measures, dimensions }: CataloguedView): object {
  const isTime = (type: string): boolean => type.includes('Date');
  return {
    table_name: view.name,
    main_dttm_col: period?.column ?? null,
    description: view.comment,
    default_endpoint: null,
    offset: 0,
    cache_timeout: null,
    schema: 'tidemark',
    sql: null,
    params: null,
    template_params: null,
    filter_select_enabled: true,
    fetch_values_predicate: null,
    extra: null,
    uuid: uuidOf(view.name),
    metrics: measures.map(({ name, comment }) => ({
      metric_name: name,
      verbose_name: null,
      metric_type: null,
      expression: alone(name),
      description: comment,
      d3format: null,
      extra: {},
      warning_text: null,
    })),
    columns: view.columns.map(({ name, type, comment }) => ({
      column_name: name,
      verbose_name: null,
      is_dttm: isTime(type),
      is_active: true,
      type,
      groupby: dimensions.includes(name) || name === period?.column,
      filterable: true,
      expression: null,
      description: comment,
      python_date_format: null,
      extra: {},
    })),
    version,
    database_uuid: database.uuid,
  };
}

/** A chart of a figure over time, a line for each value of the dimensions. */
type Chart = { readonly title: string; readonly view: string; readonly measure: string };

const charts: readonly Chart[] = [
  { title: 'Monthly recurring revenue', view: 'mrr_daily', measure: 'mrr' },
  { title: 'Net revenue retention', view: 'revenue_churn_monthly', measure: 'nrr' },
  { title: 'Customer churn', view: 'churn_monthly', measure: 'churn_rate' },
  { title: 'Customer churn by segment', view: 'churn_by_segment_monthly', measure: 'churn_rate' },
  { title: 'Sales', view: 'sales_daily', measure: 'revenue' },
  { title: 'Cart abandonment', view: 'cart_abandonment_daily', measure: 'abandonment_rate' },
  { title: 'Contacts by channel', view: 'contact_volume_daily', measure: 'opened' },
  { title: 'Net promoter score', view: 'nps_monthly', measure: 'nps' },
];

function chartOf({ title, view, measure }: Chart): object {
  const about = cataloguedViews.find((one) => one.view.name === view)!;
  const { comment } = about.measures.find(({ name }) => name === measure)!;
  const x = about.period!.column;
  const params = {
    viz_type: 'echarts_timeseries_line',
    x_axis: x,
    time_grain_sqla: null,
    metrics: [measure],
    groupby: about.dimensions,
    adhoc_filters: [],
    row_limit: 10_000,
  };
  return {
    slice_name: title,
    description: [comment, ...about.formula].join('\n'),
    certified_by: null,
    certification_details: null,
    viz_type: 'echarts_timeseries_line',
    params,
    query_context: JSON.stringify(queryOf(x, params)),
    cache_timeout: null,
    uuid: uuidOf(`chart ${title}`),
    version,
    dataset_uuid: uuidOf(view),
  };
}

/** What Superset asks for a chart whose page nobody opens: for its API and its reports. The import puts in which data set it is. */
function queryOf(
  x: string,
  params: {
    readonly metrics: readonly string[];
    readonly groupby: readonly string[];
    readonly row_limit: number;
  },
): object {
  const axis = { columnType: 'BASE_AXIS', expressionType: 'SQL', sqlExpression: x, label: x };
  return {
    datasource: { id: 0, type: 'table' },
    force: false,
    queries: [
      {
        columns: [axis, ...params.groupby],
        series_columns: params.groupby,
        metrics: params.metrics,
        filters: [],
        extras: { having: '', where: '' },
        row_limit: params.row_limit,
        orderby: [],
        post_processing: [],
      },
    ],
    form_data: params,
    result_format: 'json',
    result_type: 'full',
  };
}

const perRow = 2;

function dashboard(): object {
  const rows = Array.from({ length: Math.ceil(charts.length / perRow) }, (_, index) => `ROW-${index}`);
  const place = (
    id: string,
    type: string,
    children: readonly string[],
    parents: readonly string[],
    meta: object = {},
  ) => [id, { id, type, children, parents, meta }];
  const header = { id: 'HEADER_ID', type: 'HEADER', meta: { text: 'Tidemark' } };
  const position = Object.fromEntries([
    ['DASHBOARD_VERSION_KEY', 'v2'],
    ['HEADER_ID', header],
    place('ROOT_ID', 'ROOT', ['GRID_ID'], []),
    place('GRID_ID', 'GRID', rows, ['ROOT_ID']),
    ...rows.map((id, row) =>
      place(
        id,
        'ROW',
        charts.slice(row * perRow, (row + 1) * perRow).map((_, index) => `CHART-${row * perRow + index}`),
        ['ROOT_ID', 'GRID_ID'],
        { background: 'BACKGROUND_TRANSPARENT' },
      ),
    ),
    ...charts.map(({ title }, index) =>
      place(`CHART-${index}`, 'CHART', [], ['ROOT_ID', 'GRID_ID', `ROW-${Math.floor(index / perRow)}`], {
        chartId: index + 1,
        height: 50,
        width: 12 / perRow,
        sliceName: title,
        uuid: uuidOf(`chart ${title}`),
      }),
    ),
  ]) as object;
  return {
    dashboard_title: 'Tidemark',
    description: 'Figures of customers. Made by `npm run docs` from packages/metrics/catalogue.',
    css: '',
    slug: 'tidemark',
    certified_by: '',
    certification_details: '',
    published: true,
    uuid: uuidOf('dashboard'),
    position,
    metadata: {},
    version,
  };
}

/** The files, texts by their path in the repository. */
export function supersetFiles(): [string, string][] {
  const fileOf = (path: string, content: object): [string, string] => [
    `${folder}${path}`,
    JSON.stringify(content),
  ];
  return [
    fileOf('metadata.yaml', { version, type: 'Dashboard', timestamp: '2026-11-30T00:00:00+00:00' }),
    fileOf('databases/tidemark.yaml', database),
    ...cataloguedViews.map((view) => fileOf(`datasets/tidemark/${view.view.name}.yaml`, datasetOf(view))),
    ...charts.map((chart) => fileOf(`charts/${chart.view}_${chart.measure}.yaml`, chartOf(chart))),
    fileOf('dashboards/tidemark.yaml', dashboard()),
  ];
}
