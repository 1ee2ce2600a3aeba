import {
  all,
  type ExplainedView,
  type ExplainedViews,
  type Explanation,
  type Parts,
  ratioFormula,
  rolled,
  same,
  upTo,
  within,
} from '../sql/explained.ts';
import { type CivilPeriod, day, month, type Period, periods } from '../sql/period.ts';

const volume = (period: Period): ExplainedView => {
  const flow = (value: string, when = within): Parts =>
    rolled('contact_flow_15m', 'contact_activity', value, all(when(period), same('channel')));
  return {
    key: [period.column, 'channel'],
    columns: {
      ...Object.fromEntries(
        ['opened', 'messages', 'resolved', 'reopened', 'merged'].map((name) => [name, flow(name)]),
      ),
      backlog: flow('open', upTo),
    },
  };
};

/** Milliseconds of cases, each once. */
type Cases = Pick<Parts, 'from' | 'where' | 'each'> & { readonly counted: string };

/** Means and quantiles of one measure of cases: parts are the cases with their milliseconds. */
function timesOf(
  name: string,
  cases: Cases,
  { ms, is }: { readonly ms: string; readonly is: string },
  quantiles: boolean,
): { [column: string]: Explanation } {
  const { counted, ...each } = cases;
  const keep = 'isNotNull(value)';
  const parts = (total: string): Parts => ({
    ...each,
    value: `if(${counted} AND ${is}, toNullable(${ms}), NULL)`,
    keep,
    total,
  });
  const [stem, working] = name.split('|') as [string, string];
  const end = `${working}_seconds`;
  return {
    [`average_${stem}${end}`]: ratioFormula('milliseconds / (cases * 1000)', {
      milliseconds: parts('if(count() = 0, NULL, sum(toInt128(value)))'),
      cases: parts('count()'),
    }),
    ...(quantiles
      ? {
          [`median_${stem}${end}`]: parts('quantileExactInclusive(0.5)(value / 1000)'),
          [`p90_${stem}${end}`]: parts('quantileExactInclusive(0.9)(value / 1000)'),
        }
      : {}),
  };
}

const resolution = (period: CivilPeriod): ExplainedView => {
  const cases: Cases = {
    from: { kind: 'contact_activity', rollup: 'standing_resolution' },
    where: all(within(period, 'resolved_at'), same('channel')),
    each: {
      case_id: 'case_id',
      resolved_at: 'resolved_at',
      opened_at: 'opened_at',
      first_resolved_at: 'first_resolved_at',
    },
    counted: 'sum(cases) > 0',
  };
  const { counted, ...each } = cases;
  const span = (to: string): string => `toUnixTimestamp64Milli(${to}) - toUnixTimestamp64Milli(opened_at)`;
  const timed = 'sum(timed) > 0';
  return {
    key: [period.column, 'channel'],
    columns: {
      resolved: { ...each, value: `toInt64(${counted})` },
      ...timesOf('resolution|', cases, { ms: span('resolved_at'), is: '1' }, true),
      ...timesOf('resolution|_working', cases, { ms: 'sum(working_ms)', is: timed }, true),
      ...timesOf('first_resolution|', cases, { ms: span('first_resolved_at'), is: '1' }, false),
      ...timesOf('first_resolution|_working', cases, { ms: 'sum(first_working_ms)', is: timed }, false),
    },
  };
};

const response = (period: CivilPeriod): ExplainedView => {
  const cases: Cases = {
    from: { kind: 'contact_activity', rollup: 'case_response' },
    where: all(within(period, 'opened_at'), same('channel')),
    each: { case_id: 'case_id', opened_at: 'opened_at' },
    counted: 'sum(cases) > 0',
  };
  const { counted, ...each } = cases;
  const responded = 'sum(responded) > 0';
  return {
    key: [period.column, 'channel'],
    columns: {
      cases: { ...each, value: `toInt64(${counted})` },
      responded: { ...each, value: `toInt64(${counted} AND ${responded})` },
      unanswered: { ...each, value: `toInt64(${counted} AND sum(open) > 0 AND NOT (${responded}))` },
      ...timesOf('first_response|', cases, { ms: 'sum(response_ms)', is: responded }, true),
      ...timesOf('first_response|_working', cases, { ms: 'sum(working_ms)', is: 'sum(timed) > 0' }, true),
    },
  };
};

const firstContact = (period: CivilPeriod): ExplainedView => ({
  key: [period.column, 'channel'],
  columns: Object.fromEntries(
    ['cases', 'resolved_on_first_contact'].map((name) => [
      name,
      rolled('first_contact_standing_15m', 'contact_activity', name, all(within(period), same('channel'))),
    ]),
  ),
});

/** How the figures of support come about. */
export const contactExplained: ExplainedViews = {
  contact_volume_daily: volume(day),
  contact_volume_hourly: volume(periods.hour),
  contact_resolution_daily: resolution(day),
  contact_resolution_monthly: resolution(month),
  contact_response_daily: response(day),
  contact_response_monthly: response(month),
  first_contact_resolution_daily: firstContact(day),
  first_contact_resolution_monthly: firstContact(month),
};
