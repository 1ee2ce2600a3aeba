import { Counter, Gauge } from 'prom-client';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { Log } from '@tidemark/service/log';
import { serviceRegistry, startOpsServer } from '@tidemark/service/ops-server';
import { feed } from './feed.ts';
import type { Journal, Made } from './journal.ts';
import { progress } from './progress.ts';
import type { RecountSettings } from './settings.ts';

/** What a feeder is run with. */
export type FeedServiceOptions = {
  readonly settings: RecountSettings;
  readonly client: KafkaClient;
  readonly log: Log;
  readonly journal: Journal;
  readonly made: Made;
  readonly report: (sentence: string) => void;
};

/**
 * Feeds a generation until the signal is aborted, as a service: with `/health`, `/ready` (once the histories are fed) and
 * `/metrics` on `FEEDER_PORT`, where it is set.
 */
export async function runFeeder(options: FeedServiceOptions, signal: AbortSignal): Promise<void> {
  const { settings, client, log, journal, made, report } = options;
  const registry = serviceRegistry('feeder');
  const registers = [registry];
  const events = new Counter({
    name: 'tidemark_feeder_history_events_total',
    help: 'Events of the histories that this process has fed.',
    registers,
  });
  const entities = new Gauge({
    name: 'tidemark_feeder_entities',
    help: 'Entities of the state whose histories are fed, by this process and those before.',
    registers,
  });
  const all = new Gauge({
    name: 'tidemark_feeder_entities_all',
    help: 'Entities of the state at the cut.',
    registers,
  });
  all.set(made.entities);
  const arrivals = new Counter({
    name: 'tidemark_feeder_arrivals_total',
    help: 'Records that arrived since the cut and were copied by this process.',
    registers,
  });
  let isFed = false;
  const { FEEDER_PORT: port, FEEDER_HOST: host, FEEDER_TOKEN: token } = settings;
  const waitingFor = (): readonly string[] => (isFed ? [] : ['The histories are not fed yet.']);
  const server =
    port === undefined
      ? undefined
      : await startOpsServer({ port, host, token, service: 'feeder', registry, waitingFor, log });
  const { onFed, onHistory } = progress({ entities: made.entities, now: Date.now, report });
  try {
    await feed(
      {
        client,
        journal,
        made,
        directory: settings.RECOUNT_DIR,
        rate: settings.RECOUNT_RATE,
        log,
        onFed(fed) {
          entities.inc(fed.entities);
          events.inc(fed.events);
          onFed(fed);
        },
        onHistory() {
          isFed = true;
          onHistory();
        },
        onArrivals: (records) => arrivals.inc(records),
      },
      signal,
    );
  } finally {
    await server?.close();
  }
}
