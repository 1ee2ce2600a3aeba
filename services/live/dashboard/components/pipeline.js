// @ts-check
/** The state of the pipeline: rate and lag from the stream, without ClickHouse; up to when events are counted from the views. */
import { h } from '/vendor/preact.js';
import { useContext, useLayoutEffect, useMemo, useState } from '/vendor/preact-hooks.js';
import { Line } from '../charts/line.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { numeric } from '../panels/spec.js';
import { Catalogue } from './catalogue.js';
import { Boundary, Message, Problem } from './message.js';
import { Save } from './save.js';
import { TableOf } from './table.js';

/**
 * @import { PipelineState } from '../../pipeline-watch.ts'
 * @import { Freshness } from './catalogue.js'
 */

/** @typedef {{ readonly at: number, readonly rate: number }} Sample `at` in epoch milliseconds, `rate` in events a second */

const keptMs = 15 * 60_000;

/** @param {{ state: PipelineState | undefined, zone: string }} props */
export function Pipeline({ state, zone }) {
  const samples = useSamples(state);
  const { answer, problem, again } = useContext(Catalogue).freshness;
  const freshness = problem === undefined ? answer : undefined;
  return h(
    'section',
    { class: 'panel', id: 'pipeline', 'data-span': 12, 'aria-labelledby': 'pipeline-title' },
    h(
      'header',
      null,
      h('h2', { id: 'pipeline-title' }, 'Pipeline', h('small', null, 'the last 15 minutes, live')),
      freshness !== undefined &&
        h(
          'div',
          { class: 'actions', 'data-not-in-picture': '' },
          h(Save, { id: 'pipeline', title: 'Pipeline', rows: () => freshness.families }),
        ),
    ),
    h(
      Boundary,
      { again },
      h(
        'div',
        { class: 'pipeline' },
        h('div', null, h(Health, { state, freshness, zone }), h(Rate, { samples, zone })),
        h(
          'div',
          null,
          freshness !== undefined
            ? h(Families, { freshness, state })
            : problem === undefined
              ? h(Message, null, 'Loading')
              : h(Problem, { problem, otherwise: 'This could not be read.', again }),
        ),
      ),
    ),
  );
}

/**
 * The rates of the last minutes: those the service has kept, then those that come in.
 *
 * @param {PipelineState | undefined} state
 * @returns {readonly Sample[]}
 */
function useSamples(state) {
  const [samples, setSamples] = useState(/** @type {readonly Sample[]} */ ([]));
  useLayoutEffect(() => {
    /** @type {Promise<{ samples: readonly { at: number, events_per_second: number }[] }>} */
    const kept = getJson('/v1/pipeline', { expects: ['samples'] });
    kept.then(
      ({ samples: earlier }) =>
        setSamples((since) => [
          ...earlier
            .map((one) => ({ at: one.at, rate: one.events_per_second }))
            .filter(({ at }) => at < (since[0]?.at ?? Infinity)),
          ...since,
        ]),
      // Without them the line begins now.
      () => undefined,
    );
  }, []);
  useLayoutEffect(() => {
    const rate = state?.events_per_second ?? null;
    if (state === undefined || rate === null) return;
    const at = Date.parse(state.as_of);
    setSamples((before) =>
      at > (before.at(-1)?.at ?? 0)
        ? [...before.filter((one) => at - one.at <= keptMs), { at, rate }]
        : before,
    );
  }, [state]);
  return samples;
}

/** @param {{ samples: readonly Sample[], zone: string }} props */
function Rate({ samples, zone }) {
  const times = useMemo(() => samples.map(({ at }) => at / 1_000), [samples]);
  const values = useMemo(() => samples.map(({ rate }) => rate), [samples]);
  return h(Line, {
    label: 'Events a second over the last minutes',
    times,
    values,
    height: 258,
    zone,
    isFromZero: true,
    axis: (value) => `${format.decimal(value, value > 0 && value < 10 ? 1 : 0)}/s`,
    readout(index) {
      const sample = samples[index];
      if (sample === undefined) return '';
      return `${format.instant(sample.at, zone, { hasDay: false, hasSeconds: true })}   ${format.decimal(sample.rate, 1)} events/s`;
    },
  });
}

/** @param {{ state: PipelineState | undefined, freshness: Freshness | undefined, zone: string }} props */
function Health({ state, freshness, zone }) {
  if (state === undefined) return null;
  const through = freshness?.families.map(({ data_through }) => Date.parse(data_through)) ?? [];
  const oldest = through.length > 0 ? Math.min(...through) : undefined;
  const of = (/** @type {number | null} */ value, /** @type {string} */ what) =>
    value === null ? '–' : `${format.count(value)} ${what}`;
  const parts = [
    ['Events', state.events_per_second === null ? '–' : `${format.decimal(state.events_per_second, 1)}/s`],
    ['Not counted yet', of(state.processor_lag, 'events')],
    ['Not in ClickHouse yet', of(state.sink_lag, 'records')],
    [
      'Counted through',
      oldest === undefined ? '–' : format.instant(oldest, zone, { hasDay: false, hasSeconds: true }),
    ],
    ['Age', oldest === undefined ? '–' : format.duration((Date.now() - oldest) / 1_000)],
    ['Audit', auditWords(freshness?.imbalances)],
  ];
  return h(
    'dl',
    { class: 'health' },
    parts.map(([label, text]) => h('div', { key: label }, h('dt', null, label), h('dd', null, text))),
  );
}

/** @param {{ freshness: Freshness, state: PipelineState | undefined }} props */
function Families({ freshness: { families }, state }) {
  const rates = new Map(state?.families.map(({ family, events_per_second }) => [family, events_per_second]));
  const now = Date.now();
  return h(TableOf, {
    caption: 'Event families: how far each is counted, and what came in the last 24 hours',
    columns: [
      { label: 'Family' },
      ...numeric(['Events/s', 'Counted up to', 'Received, 24 h', 'Repeats', 'Late', 'Dead letters']),
    ],
    rows: families.map((row) => [
      row.family,
      format.decimal(rates.get(row.family), 1),
      `${format.duration(Math.max(0, now - Date.parse(row.data_through)) / 1_000)} ago`,
      format.count(row.received),
      format.count(row.duplicates),
      format.count(row.late),
      row.dead_lettered > 0
        ? h('b', { 'data-tone': 'bad' }, format.count(row.dead_lettered))
        : format.count(row.dead_lettered),
    ]),
  });
}

/** @param {number | null | undefined} imbalances */
function auditWords(imbalances) {
  if (imbalances === undefined || imbalances === null) return '–';
  return imbalances === 0 ? 'balanced' : `${format.count(imbalances)} imbalances`;
}
