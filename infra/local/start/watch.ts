import { setTimeout as sleep } from 'node:timers/promises';
import { count, countingFrom, figuresLine, summaryFrom, type Counting } from './figures.ts';
import type { Screen } from './screen.ts';

/** Where the figures come from. */
export type Sources = { readonly live: number; readonly processor: number; readonly sink: number };

/** How far the simulator is with its history, a fraction; `undefined` when it is live, or there is none. */
export type Loading = () => number | undefined;

const lookEveryMs = 1_000;
const meteredLooks = 10;
/** Counting is over when nothing was behind and nothing came for so many looks. */
const quietLooks = 4;

/** Shows the live figures, and how far behind the counting is, until the signal aborts. */
export async function showFigures(
  screen: Screen,
  sources: Sources,
  loading: Loading,
  signal: AbortSignal,
): Promise<void> {
  const rate = meter();
  while (!signal.aborted) {
    const line = await lineOf(sources, loading(), rate);
    if (!signal.aborted) screen.status(line);
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Waits until everything received is counted and in ClickHouse, showing the figures meanwhile. */
export async function untilCounted(screen: Screen, sources: Sources, signal: AbortSignal): Promise<void> {
  const rate = meter();
  let before = -1;
  for (let quiet = 0; quiet < quietLooks && !signal.aborted;) {
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    const counting = await countingFrom(sources.processor, sources.sink);
    const still = counting?.processorLag === 0 && counting.sinkLag === 0 && counting.records === before;
    quiet = still ? quiet + 1 : 0;
    before = counting?.records ?? -1;
    screen.status(await lineOf(sources, undefined, rate));
  }
}

async function lineOf(
  { live, processor, sink }: Sources,
  share: number | undefined,
  rate: (counting: Counting) => number,
): Promise<string> {
  const [summary, counting] = await Promise.all([summaryFrom(live), countingFrom(processor, sink)]);
  const parts: string[] = [];
  if (share !== undefined) parts.push(`history ${Math.floor(share * 100)} %`);
  if (counting !== undefined) {
    const perSecond = rate(counting);
    parts.push(`${perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)} events/s`);
    const behind = counting.processorLag + counting.sinkLag;
    if (behind > 100) parts.push(`${count(behind)} behind`);
  }
  parts.push(summary === undefined ? 'the live API does not answer' : figuresLine(summary));
  return parts.join(' · ');
}

/** Records a second over the last ten or so. */
function meter(): (counting: Counting) => number {
  let past: { readonly at: number; readonly records: number }[] = [];
  return ({ records }) => {
    const at = performance.now();
    // A processor that was started again counts from 0.
    if (records < (past.at(-1)?.records ?? 0)) past = [];
    past.push({ at, records });
    if (past.length > meteredLooks) past.shift();
    const [first] = past;
    return first === undefined || at === first.at ? 0 : ((records - first.records) * 1_000) / (at - first.at);
  };
}
