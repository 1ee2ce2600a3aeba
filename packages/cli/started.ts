import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDefault } from '@tidemark/local/start/options';

/**
 * The password that `tidemark start` has made for a user of its ClickHouse.
 *
 * @param folder What `--data` names.
 * @returns `undefined` when there is none.
 */
export function startedPassword(user: string, folder = dataDefault): string | undefined {
  const file = join(folder, 'clickhouse', `${user}.password`);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
