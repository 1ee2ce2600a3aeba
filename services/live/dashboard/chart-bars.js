// @ts-check
/** Bars, the waterfall and the funnel, drawn by ECharts, which is served by ourselves. */
import { colour } from './dom.js';
import * as format from './format.js';

/** @import { Dispose, Series } from './chart-line.js' */
/** @typedef {'day' | 'week' | 'month'} Grain */
/** @typedef {import('/vendor/echarts.js').ECharts} ECharts */

const fontSize = 11;

/** @type {Promise<typeof import('/vendor/echarts.js')> | undefined} */
let loaded;

/** ECharts is big: it is fetched when the first bar is to be drawn. */
function echarts() {
  loaded ??= import('/vendor/echarts.js');
  return loaded;
}

/**
 * An ECharts chart that follows its box's width.
 *
 * @param {HTMLElement} box
 * @param {object} option
 * @param {number} height
 * @returns {Promise<{ chart: ECharts, dispose: Dispose }>}
 */
async function open(box, option, height) {
  const { init } = await echarts();
  box.style.height = `${height}px`;
  const chart = init(box, undefined, { renderer: 'canvas' });
  chart.setOption({ animation: false, textStyle: { fontFamily: 'Inter, system-ui, sans-serif' }, ...option });
  const resize = new ResizeObserver(() => chart.resize());
  resize.observe(box);
  const dispose = () => {
    resize.disconnect();
    chart.dispose();
  };
  return { chart, dispose };
}

/** Tooltips are drawn, not written as markup: the page's policy forbids styles in markup. */
function tooltip() {
  return {
    renderMode: 'richText',
    confine: true,
    transitionDuration: 0,
    backgroundColor: colour('panel'),
    borderColor: colour('line-strong'),
    borderWidth: 1,
    padding: [6, 9],
    textStyle: {
      color: colour('ink'),
      fontSize: 11.5,
      lineHeight: 17,
      fontFamily: 'Inter, system-ui, sans-serif',
    },
  };
}

function axisLook() {
  return {
    axisLabel: { color: colour('ink-3'), fontSize },
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colour('line-strong') } },
    splitLine: { lineStyle: { color: colour('grid') } },
  };
}

/**
 * Stacked bars over periods. With `onPick` they open what is behind them, by a click or by the arrow keys and Enter.
 *
 * @param {HTMLElement} box
 * @param {object} what
 * @param {readonly string[]} what.periods first days
 * @param {Grain} what.grain
 * @param {readonly Series[]} what.series
 * @param {number} what.height
 * @param {(value: number) => string} what.axis
 * @param {(value: number) => string} what.exact
 * @param {(index: number, label: string | undefined) => void} [what.onPick]
 * @returns {Promise<Dispose>}
 */
export async function barChart(box, { periods, grain, series, height, axis, exact, onPick }) {
  const look = axisLook();
  const option = {
    grid: { left: 46, right: 4, top: 10, bottom: 22 },
    tooltip: {
      ...tooltip(),
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: colour('ink'), opacity: 0.05 } },
      formatter: (/** @type {{ dataIndex: number }[]} */ [first]) => {
        const index = first?.dataIndex ?? 0;
        const lines = series
          .filter(({ values }) => (values[index] ?? 0) !== 0)
          .map(({ label, values }) => `${label}  ${exact(values[index] ?? 0)}`);
        const hint = onPick === undefined || lines.length === 0 ? [] : ['Click for what is behind it'];
        return [
          format.day(periods[index] ?? '', grain),
          ...(lines.length > 0 ? lines : ['nothing']),
          ...hint,
        ].join('\n');
      },
    },
    xAxis: {
      type: 'category',
      data: periods.map((period) => format.day(period, grain).replace('week of ', '')),
      ...look,
      axisLabel: { ...look.axisLabel, hideOverlap: true },
      splitLine: { show: false },
    },
    yAxis: { type: 'value', splitNumber: 4, ...look, axisLabel: { ...look.axisLabel, formatter: axis } },
    series: series.map(({ label, colour: fill, values }) => ({
      name: label,
      type: 'bar',
      stack: 'all',
      barMaxWidth: 26,
      barCategoryGap: '28%',
      itemStyle: { color: fill },
      emphasis: { disabled: true },
      cursor: onPick === undefined ? 'default' : 'pointer',
      data: values,
    })),
  };
  const { chart, dispose } = await open(box, option, height);
  if (onPick !== undefined) {
    chart.on('click', ({ dataIndex, seriesName }) => onPick(dataIndex ?? 0, seriesName));
    // A bar of a pixel's height cannot be hit: beside it, the period as a whole is meant.
    chart.getZr().on('click', ({ target, offsetX, offsetY }) => {
      if (target !== undefined && target !== null) return;
      if (!chart.containPixel({ gridIndex: 0 }, [offsetX, offsetY])) return;
      const [index] = chart.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY]);
      if (index !== undefined) onPick(index, undefined);
    });
    byKeys(box, chart, periods.length, (index) => onPick(index, undefined));
  }
  return dispose;
}

/**
 * Arrow keys move along the bars, Enter opens one.
 *
 * @param {HTMLElement} box
 * @param {ECharts} chart
 * @param {number} length
 * @param {(index: number) => void} onPick
 */
function byKeys(box, chart, length, onPick) {
  let at = -1;
  box.tabIndex = 0;
  box.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined)
      at = Math.min(length - 1, Math.max(0, at === -1 && step < 0 ? length - 1 : at + step));
    else if (event.key === 'Home') at = 0;
    else if (event.key === 'End') at = length - 1;
    else if (event.key === 'Enter' && at >= 0) return onPick(at);
    else return;
    event.preventDefault();
    chart.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: at });
  };
  box.onblur = () => chart.dispatchAction({ type: 'hideTip' });
}

/** @typedef {{ readonly label: string, readonly value: number, readonly kind: 'standing' | 'rise' | 'fall', readonly colour: string }} Step */

/**
 * A waterfall from an opening to a closing figure. Its axis does not begin at 0 where the steps would be too small to see.
 *
 * @param {HTMLElement} box
 * @param {object} what
 * @param {readonly Step[]} what.steps
 * @param {number} what.height
 * @param {(value: number) => string} what.short
 * @param {(value: number) => string} what.exact
 * @param {(index: number) => void} what.onPick
 * @returns {Promise<Dispose>}
 */
export async function waterfall(box, { steps, height, short, exact, onPick }) {
  const isNarrow = box.clientWidth < 420;
  const bars = levelsOf(steps);
  const low = Math.min(...bars.map(({ bottom }) => bottom).filter((bottom) => bottom > 0));
  const high = Math.max(...bars.map(({ top }) => top));
  const inner = bars.filter((_, index) => steps[index]?.kind !== 'standing');
  const span = high - Math.min(...inner.map(({ bottom }) => bottom), high);
  // What moved is to take half the height at least.
  const floor = span > 0 && span < high / 2 ? Math.max(0, Math.min(low, high - 2 * span)) : 0;
  const look = axisLook();
  const option = {
    grid: { left: 2, right: 2, top: 22, bottom: isNarrow ? 58 : 22 },
    tooltip: {
      ...tooltip(),
      trigger: 'item',
      formatter: (/** @type {{ dataIndex: number }} */ { dataIndex }) => {
        const { label, value, kind } = steps[dataIndex] ?? { label: '', value: 0, kind: 'standing' };
        return `${label}  ${exact(value)}${kind === 'standing' ? '' : '\nClick for the customers behind it'}`;
      },
    },
    xAxis: {
      type: 'category',
      data: steps.map(({ label }) => label),
      ...look,
      axisLabel: { ...look.axisLabel, interval: 0, ...(isNarrow ? { rotate: 40 } : {}) },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: floor,
      max: high + (high - floor) * 0.04,
      ...look,
      axisLabel: { show: false },
      splitLine: { show: false },
    },
    series: [
      {
        type: 'bar',
        stack: 'all',
        silent: true,
        itemStyle: { color: 'rgba(0,0,0,0)' },
        tooltip: { show: false },
        data: bars.map(({ bottom }) => bottom),
      },
      {
        type: 'bar',
        stack: 'all',
        barCategoryGap: '22%',
        cursor: 'pointer',
        emphasis: { disabled: true },
        label: {
          show: true,
          position: 'top',
          color: colour('ink-2'),
          fontSize,
          formatter: (/** @type {{ dataIndex: number }} */ { dataIndex }) =>
            short(steps[dataIndex]?.value ?? 0),
        },
        data: bars.map(({ bottom, top }, index) => ({
          value: top - bottom,
          itemStyle: { color: steps[index]?.colour },
        })),
      },
    ],
  };
  const { chart, dispose } = await open(box, option, height);
  const pick = (/** @type {number} */ index) => {
    if (steps[index] !== undefined && steps[index].kind !== 'standing') onPick(index);
  };
  chart.on('click', ({ dataIndex }) => pick(dataIndex ?? 0));
  byKeys(box, chart, steps.length, pick);
  return dispose;
}

/** @param {readonly Step[]} steps */
function levelsOf(steps) {
  let level = 0;
  return steps.map(({ value, kind }) => {
    if (kind === 'standing') {
      level = value;
      return { bottom: 0, top: value };
    }
    const before = level;
    level += value;
    return { bottom: Math.min(before, level), top: Math.max(before, level) };
  });
}

/** @typedef {{ readonly label: string, readonly parts: readonly { readonly value: number, readonly colour: string, readonly label: string }[], readonly text: string }} Stage */

/**
 * What is left at each stage, from the left.
 *
 * @param {HTMLElement} box
 * @param {{ stages: readonly Stage[], height: number }} what
 * @returns {Promise<Dispose>}
 */
export async function funnel(box, { stages, height }) {
  const deepest = Math.max(...stages.map(({ parts }) => parts.length));
  const most = Math.max(1, ...stages.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0)));
  const option = {
    grid: { left: 84, right: 4, top: 0, bottom: 0 },
    tooltip: {
      ...tooltip(),
      trigger: 'axis',
      axisPointer: { type: 'none' },
      formatter: (/** @type {{ dataIndex: number }[]} */ [first]) => {
        const stage = stages[first?.dataIndex ?? 0];
        return [
          stage?.label,
          ...(stage?.parts ?? []).map(({ label, value }) => `${label}  ${format.count(value)}`),
        ].join('\n');
      },
    },
    xAxis: { type: 'value', max: most * 1.34, show: false },
    yAxis: {
      type: 'category',
      inverse: true,
      data: stages.map(({ label }) => label),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: colour('ink-2'), fontSize: 12, align: 'left', margin: 82 },
    },
    series: Array.from({ length: deepest }, (_, depth) => ({
      type: 'bar',
      stack: 'all',
      barWidth: 22,
      emphasis: { disabled: true },
      cursor: 'default',
      label: {
        show: depth === deepest - 1,
        position: 'right',
        color: colour('ink-2'),
        fontSize: 12,
        formatter: (/** @type {{ dataIndex: number }} */ { dataIndex }) => stages[dataIndex]?.text ?? '',
      },
      data: stages.map(({ parts }) => ({
        value: parts[depth]?.value ?? 0,
        itemStyle: { color: parts[depth]?.colour ?? 'transparent' },
      })),
    })),
  };
  const { dispose } = await open(box, option, height);
  return dispose;
}
