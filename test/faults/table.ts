/** `npm run faults:table -- <file>`: what the runs in a file of `npx tidemark faults --record` tried, and what came out, as Markdown. */
import { readFile } from 'node:fs/promises';
import type { RecordedRun } from './record.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: npm run faults:table -- <file of --record>\n');
  process.exit(2);
}
const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
const runs = lines.map((line) => JSON.parse(line) as RecordedRun);
const sum = (of: (run: RecordedRun) => number): number => runs.reduce((all, run) => all + of(run), 0);
const faults = runs.flatMap((run) =>
  run.faults.map(([kind, target]) => {
    const [type = '', ...what] = target.split(' ').toReversed();
    return kind === 'harm requests'
      ? { kind: `requests: ${what.toReversed().join(' ')}`, of: type }
      : { kind, of: target };
  }),
);
const rowOf = (kind: string, those: typeof faults): string => {
  const of = [...new Set(those.map((one) => one.of))].toSorted((a, b) => a.localeCompare(b));
  return `| ${kind} | ${those.length} | ${of.join(', ')} |`;
};
const table = [
  '| fault | times | of |',
  '| --- | --- | --- |',
  ...[...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, those]) => rowOf(kind, those)).toSorted(),
  `| **all** | **${faults.length}** | |`,
];
const wrong = runs.filter(({ errors }) => errors.length > 0);
const totals = [
  ['runs', runs.length],
  ['seeds', [...new Set(runs.map(({ seed }) => seed))].toSorted((a, b) => a - b).join(', ')],
  ['requests lost, delayed or repeated', sum((run) => run.harmedRequests)],
  ['events', sum((run) => run.events)],
  ['repeated records among them', sum((run) => run.repeats)],
  ['requests to the collector made again', sum((run) => run.again)],
  ['services that ended of themselves', sum((run) => run.ended.length)],
  ['runs with a wrong number', wrong.length],
];
const rows = totals.map(([what, value]) => `| ${what} | ${value} |`);
process.stdout.write([...table, '', '| in all | |', '| --- | --- |', ...rows, ''].join('\n'));
