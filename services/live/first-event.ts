import { firstEventCommand } from '@tidemark/command/first-event';

/** How a first event is published: the answer of `GET /v1/first-event`. */
export type FirstEvent = {
  /** For a shell. */
  readonly command: string;
  /** What else is to be known of it, a sentence. */
  readonly note: string;
};

/**
 * How a first event is published to a collector. The key of a collector on this machine is that of `npx tidemark start`; of any other
 * a variable is named, since a page shows no keys.
 */
export function firstEvent(collector: URL, now: number): FirstEvent {
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(collector.hostname);
  return {
    command: firstEventCommand(collector.href, isHere ? 'dev-key' : '$COLLECTOR_KEY', now),
    note: isHere
      ? 'dev-key is the key of npx tidemark start; a collector that you configured yourself has those of COLLECTOR_KEYS.'
      : 'COLLECTOR_KEY is a key of the collector, one of its COLLECTOR_KEYS.',
  };
}
