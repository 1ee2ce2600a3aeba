import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../servers.ts';

/** Bytes on disk: topics of Kafka by kind, the processor's own files, what ClickHouse has in parts that are in use. */
export type Sizes = Readonly<Record<(typeof kinds)[number], number>>;

/** What is stored, in the order of reports. */
export const kinds = [
  'events',
  'facts',
  'state',
  'counters',
  'archive',
  'other topics',
  'store',
  'clickhouse',
] as const;

/** How much is stored now. */
export async function readSizes({ bench }: { readonly bench: Bench }): Promise<Sizes> {
  const sizes: Record<string, number> = Object.fromEntries(kinds.map((kind) => [kind, 0]));
  for (const folder of namesIn(bench.logsDir)) {
    const [topic] = /^(.+)-\d+$/.exec(folder)?.slice(1) ?? [];
    if (topic === undefined) continue;
    // Topics of a later generation are counted with those of the first.
    const plain = topic.replace(/-g\d+$/, '');
    const kind = plain.startsWith('events.') ? 'events' : plain in sizes ? plain : 'other topics';
    sizes[kind]! += bytesBelow(join(bench.logsDir, folder), '.log');
  }
  sizes['store'] = bytesBelow(bench.stateDir);
  sizes['clickhouse'] = Number(
    await bench.query(
      "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database LIKE 'tidemark%'",
    ),
  );
  return sizes as Sizes;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It was deleted meanwhile, or is not there yet.
    return [];
  }
}

/** Bytes of all files below a folder whose names end so. */
export function bytesBelow(folder: string, ending = ''): number {
  return namesIn(folder).reduce((sum, name) => {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isDirectory()) return sum + bytesBelow(join(folder, name), ending);
    return stat !== undefined && name.endsWith(ending) ? sum + stat.size : sum;
  }, 0);
}
