/** What stores have on disk, against the changelogs that they are made of. */
import { names, type World } from './world.ts';

/** A committed record of a changelog. */
type Logged = {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
};

const shownMax = 4;
const tables = [
  { topic: 'state', prefix: 'e' },
  { topic: 'counters', prefix: 'c' },
] as const;

/**
 * A store has everything before where it says that it stands, whatever became of it: what it lacks is not read again. Of a key that was
 * written later too, the log may have forgotten what it was then, so it is not looked at.
 *
 * @param committedOf All committed records of a topic.
 */
export async function storeFaults(
  world: World,
  committedOf: (topic: string) => Promise<readonly Logged[]>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const { topic, prefix } of tables) {
    const newest = new Map<string, Logged>();
    for (const record of await committedOf(names[topic]))
      newest.set(`${record.partition} ${record.key!.toString('latin1')}`, record);
    for (const [machine, disk] of world.disks)
      for (const { path, content } of disk.contents) {
        const position = content.get('mposition');
        if (position === undefined) continue;
        const end = (JSON.parse(position.toString()) as Record<typeof topic, number>)[topic];
        const partition = Number(path.slice(path.lastIndexOf('/') + 1));
        const wrong = [...newest.values()].filter((record) => {
          if (record.partition !== partition || record.offset >= end) return false;
          const there = content.get(prefix + record.key!.toString('latin1'));
          return record.value === null ? there !== undefined : !there?.equals(record.value);
        });
        if (wrong.length > 0)
          faults.push(
            `the store of partition ${partition} on ${machine}: ${wrong.length} records of ${topic} before ${end} are wrong; ` +
              wrong
                .slice(0, shownMax)
                .map(({ key, offset }) => `${JSON.stringify(key!.toString())} of ${offset}`)
                .join(', '),
          );
      }
  }
  return faults;
}
