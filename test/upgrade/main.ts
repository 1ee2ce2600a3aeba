/** `npm run test:upgrade`: upgrades and rolls back by one release under load, and proves that every number is still right. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { from1 } from '../../scripts/bench/numbers.ts';
import { runUpgrade, type UpgradeOptions } from './run.ts';

const examples = `
Examples:
  npm run test:upgrade                            from the commit before this one to this tree
  npm run test:upgrade -- --from v1.0.0           from another one
  npm run test:upgrade -- --newer-schemas         to a release whose events have one field more

Two instances of each service are replaced one by one while events arrive: upgraded, rolled back, and upgraded again. In the end
every view is compared with the batch answer over all published events, the live counters with the views, and the counts of
receipt with what was published. Third-party packages of the earlier release are those of this tree.

Commits that count differently are refused by the processor (\`state.definitions\`): between those the way is a recount.

Exit code: 0 all right, 1 something is wrong (data and logs are kept), 2 usage.
`;

const options = new Command('npm run test:upgrade --')
  .description(
    'Upgrades and rolls back by one release under load, and proves that every number is still right.',
  )
  .option('--from <commit>', 'the earlier release', 'HEAD~1')
  .option('--newer-schemas', 'upgrade to a release whose schemas of events are newer', false)
  .option('--seed <n>', 'another seed, another course of events', from1, 1)
  .option('--rate <n>', 'events a second, about', from1, 100)
  .option('--seconds <n>', 'how long each stage lasts beside the replacements', from1, 5)
  .addHelpText('after', examples)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<Omit<UpgradeOptions, 'folder'>>();

const folder = await mkdtemp(join(tmpdir(), 'tidemark-upgrade-'));
const begunAt = performance.now();
const print = (line: string): void =>
  void process.stderr.write(`${Math.round((performance.now() - begunAt) / 1_000)} s: ${line}\n`);
try {
  const { events, replaced, again, errors } = await runUpgrade({ ...options, folder }, print);
  process.stdout.write(
    `${replaced.length} replacements under load, ${events} events, ${again} requests made again.\n` +
      (errors.length === 0 ? 'Every number is right.\n' : `WRONG:\n${errors.join('\n')}\n`),
  );
  process.exitCode = errors.length === 0 ? 0 : 1;
} catch (error) {
  print(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
