import type { Log } from '@tidemark/service/log';
import type { Published } from './course.ts';
import { contractsBeforeMs, type WorldSettings } from './world.ts';

/** How often progress is shown: on a terminal, and in the log. */
const shownMs = 250;
const loggedMs = 5_000;
/** Publishing is live when it is no further behind than this. */
const liveMs = 10_000;

/** Reports batches: one line that is refreshed on a terminal, entries of the log otherwise. */
export type Progress = { readonly published: (batch: Published) => void; readonly end: () => void };

/**
 * Progress on stderr.
 *
 * @param log Where it goes when stderr is no terminal.
 * @param settings Of the world; it has the span of the history.
 * @param clock The wall clock, milliseconds.
 */
export function createProgress(log: Log, settings: WorldSettings, clock: () => number): Progress {
  const terminal = process.stderr.isTTY;
  let events = 0;
  let rejected = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  let live = false;
  const rate = { since: performance.now(), events: 0, perSecond: 0 };

  const show = (through: number): void => {
    const now = performance.now();
    if (now - rate.since >= 1_000) {
      rate.perSecond = Math.round(((events - rate.events) * 1_000) / (now - rate.since));
      rate.since = now;
      rate.events = events;
    }
    if (now - shownAt < (terminal ? shownMs : loggedMs)) return;
    shownAt = now;
    const share = shareOf(through, settings);
    if (!terminal) {
      const fields = {
        events,
        rejected,
        through: new Date(through).toISOString(),
        perSecond: rate.perSecond,
      };
      return log.info({ ...fields, live, share: Number(share.toFixed(3)) }, 'Publishing.');
    }
    const done = live ? 'live' : `history ${Math.floor(share * 100)} %, ${dateOf(through)}`;
    process.stderr.write(`\r\x1b[2K${done} · ${events} events · ${rate.perSecond}/s`);
  };

  return {
    published(batch) {
      events += batch.events;
      if (batch.rejected.length > 0) {
        rejected += batch.rejected.length;
        const { path, message, event_id } = batch.rejected[0] as Published['rejected'][number];
        const count = batch.rejected.length;
        log.warn({ count, event_id, path, message }, 'The collector rejected events; the first is named.');
      }
      if (!live && clock() - batch.through < liveMs) {
        live = true;
        shownAt = Number.NEGATIVE_INFINITY;
        log.info({ events }, 'The history is published.');
      }
      show(batch.through);
    },
    end() {
      if (terminal) process.stderr.write('\n');
    },
  };
}

/** How much of the history is published, as a fraction. The year of contracts before it is a small part of the work. */
function shareOf(through: number, { start, end }: WorldSettings): number {
  const before = 0.05;
  if (through < start) return Math.max(0, before * (1 - (start - through) / contractsBeforeMs));
  return Math.min(1, before + ((1 - before) * (through - start)) / (end - start));
}

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
