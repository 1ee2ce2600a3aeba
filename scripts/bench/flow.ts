import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '@tidemark/events/types';
import type { NewEvent, Publisher } from '../../packages/publisher/index.ts';

/** Events that are published at a steady rate until it is stopped. */
export type Flow = {
  /** Stops it, and says how many events a second were given to the publisher. */
  readonly stop: () => Promise<number>;
};

const tickMs = 10;

/** Publishes events at a steady rate, each as if it happened now. */
export function startFlow(publisher: Publisher, events: Iterator<Event>, eventsPerSecond: number): Flow {
  const startedAt = performance.now();
  const elapsedSeconds = (): number => (performance.now() - startedAt) / 1_000;
  let sent = 0;
  let isOver = false;
  const running = (async (): Promise<void> => {
    while (!isOver) {
      const due = Math.floor(elapsedSeconds() * eventsPerSecond);
      const drafts: NewEvent[] = [];
      for (; sent < due; sent++) drafts.push(liveDraft(events.next().value as Event));
      if (drafts.length > 0) publisher.publishAll(drafts).catch(() => undefined);
      await sleep(tickMs);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await running;
      return Math.round(sent / elapsedSeconds());
    },
  };
}

/** The event as if it happened now. */
function liveDraft(event: Event): NewEvent {
  const given = Object.entries(event).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), occurred_at: Date.now() } as unknown as NewEvent;
}
