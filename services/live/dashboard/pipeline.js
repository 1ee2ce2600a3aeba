// @ts-check
/** How the pipeline fares: rate and lag by the stream, so without ClickHouse; what is counted up to when from the views. */
import { ask } from './ask.js';
import { lineChart } from './chart-line.js';
import { colour, h, tableOf } from './dom.js';
import * as format from './format.js';

/**
 * @import { FreshnessRow } from '../history-rows.ts'
 * @import { PipelineState } from '../pipeline-watch.ts'
 */

const keptMs = 15 * 60_000;
const historyEveryMs = 10_000;

/** @param {() => string} zone */
export function createPipeline(zone) {
  const health = h('dl', { class: 'health' });
  const chart = h('div', {
    class: 'chart',
    role: 'img',
    'aria-label': 'Events a second over the last minutes',
  });
  const families = h('div', {});
  const element = h(
    'section',
    { class: 'panel', id: 'pipeline', 'data-span': 12, 'aria-labelledby': 'pipeline-title' },
    h(
      'header',
      {},
      h('h2', { id: 'pipeline-title' }, 'Pipeline', h('small', {}, 'the last 15 minutes, live')),
    ),
    h('div', { class: 'pipeline' }, h('div', {}, health, chart), families),
  );
  /** @type {{ at: number, rate: number }[]} */
  let samples = [];
  /** @type {ReturnType<typeof lineChart> | undefined} */
  let drawn;
  /** @type {PipelineState | undefined} */
  let state;
  /** @type {{ families: readonly FreshnessRow[], imbalances: number | null } | undefined} */
  let freshness;
  let problem = '';

  const columns = () => [samples.map(({ at }) => at / 1_000), samples.map(({ rate }) => rate)];

  function draw() {
    drawn?.();
    const [times, values] = columns();
    drawn = lineChart(chart, {
      times: times ?? [],
      series: [{ label: 'Events a second', colour: colour('accent'), values: values ?? [] }],
      height: 258,
      zone: zone(),
      isFromZero: true,
      axis: (value) => `${format.decimal(value, value > 0 && value < 10 ? 1 : 0)}/s`,
      readout: (index) => {
        const sample = samples[index];
        if (sample === undefined) return '';
        return `${format.instant(sample.at, zone(), { hasDay: false, hasSeconds: true })}   ${format.decimal(sample.rate, 1)} events/s`;
      },
    });
  }

  function showHealth() {
    if (state === undefined) return;
    const through = freshness?.families.map(({ data_through }) => Date.parse(data_through)) ?? [];
    const oldest = through.length > 0 ? Math.min(...through) : undefined;
    /** @type {[string, string, string?][]} */
    const parts = [
      ['Events', state.events_per_second === null ? '–' : `${format.decimal(state.events_per_second, 1)}/s`],
      ['Not counted yet', state.processor_lag === null ? '–' : `${format.count(state.processor_lag)} events`],
      ['Not in ClickHouse yet', state.sink_lag === null ? '–' : `${format.count(state.sink_lag)} records`],
      [
        'Counted through',
        oldest === undefined ? '–' : format.instant(oldest, zone(), { hasDay: false, hasSeconds: true }),
      ],
      ['Age', oldest === undefined ? '–' : format.duration((Date.now() - oldest) / 1_000)],
      ['Books', balanceWords(freshness?.imbalances)],
    ];
    health.replaceChildren(
      ...parts.map(([label, text]) => h('div', {}, h('dt', {}, label), h('dd', {}, text))),
    );
  }

  function showFamilies() {
    if (freshness === undefined) {
      const text = problem || 'Loading';
      families.replaceChildren(h('div', { class: 'state' }, h('p', {}, text)));
      return;
    }
    const rates = new Map(
      state?.families.map(({ family, events_per_second }) => [family, events_per_second]),
    );
    const now = Date.now();
    families.replaceChildren(
      tableOf({
        caption: 'Event families: how far each is counted, and what came in the last 24 hours',
        columns: [
          { label: 'Family' },
          ...['Events/s', 'Counted up to', 'Received, 24 h', 'Repeats', 'Late', 'Set aside'].map((label) => ({
            label,
            isNumber: true,
          })),
        ],
        rows: freshness.families.map((row) => [
          row.family,
          rates.has(row.family) ? format.decimal(rates.get(row.family), 1) : '–',
          `${format.duration(Math.max(0, now - Date.parse(row.data_through)) / 1_000)} ago`,
          format.count(row.received),
          format.count(row.duplicates),
          format.count(row.late),
          row.dead_lettered > 0
            ? h('b', { 'data-tone': 'bad' }, format.count(row.dead_lettered))
            : format.count(row.dead_lettered),
        ]),
      }),
    );
  }

  async function readFreshness() {
    try {
      freshness = await ask('/v1/history/freshness');
      problem = '';
    } catch (error) {
      freshness = undefined;
      problem = error instanceof Error ? error.message : '';
    }
    showHealth();
    showFamilies();
  }

  async function start() {
    showFamilies();
    const { state: first, samples: earlier } = await ask('/v1/pipeline').catch(() => ({
      state: null,
      samples: [],
    }));
    samples = earlier.map((/** @type {{ at: number, events_per_second: number }} */ one) => ({
      at: one.at,
      rate: one.events_per_second,
    }));
    state ??= first ?? undefined;
    draw();
    showHealth();
    void readFreshness();
    setInterval(() => void readFreshness(), historyEveryMs);
  }

  return {
    element,
    start,
    redraw() {
      draw();
      showHealth();
      showFamilies();
    },
    /** @param {PipelineState} latest */
    take(latest) {
      state = latest;
      const at = Date.parse(latest.as_of);
      if (latest.events_per_second !== null && at > (samples.at(-1)?.at ?? 0)) {
        samples.push({ at, rate: latest.events_per_second });
        samples = samples.filter((one) => at - one.at <= keptMs);
      }
      const [times, values] = columns();
      drawn?.update?.(times ?? [], [values ?? []]);
      showHealth();
    },
  };
}

/** @param {number | null | undefined} imbalances */
function balanceWords(imbalances) {
  if (imbalances === undefined || imbalances === null) return '–';
  return imbalances === 0 ? 'balance' : `${format.count(imbalances)} do not balance`;
}
