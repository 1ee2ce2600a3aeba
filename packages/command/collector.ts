import { Option } from 'commander';
import { parseUrl } from './arguments.ts';

/** Where the collector is, or `COLLECTOR_URL`. @param flags `--collector <url>`: options are named where their command is. */
export function collectorOption(flags: string): Option {
  return new Option(flags, 'where the collector listens')
    .env('COLLECTOR_URL')
    .default(new URL('http://127.0.0.1:8080'), 'http://127.0.0.1:8080')
    .argParser(parseUrl);
}

/** Who publishes, or `COLLECTOR_KEY`. @param flags `--key <key>`. */
export function keyOption(flags: string): Option {
  return new Option(flags, 'the API key').env('COLLECTOR_KEY').default('dev-key');
}
