import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { families } from '@tidemark/events/families';
import { definitionsWith, metricFamilies, publishedKinds } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { expectedFile, historiesFile } from './folder-lists.ts';
import { kindsIn, receiverFolder } from './receiver-list.ts';

// What is added must be added whole: each fault names the file to write. CONTRIBUTING.md has the steps.

const root = new URL('../../', import.meta.url);
const isThere = (file: string): boolean => existsSync(new URL(file, root));
const none = (faults: readonly string[]): void => assert.equal(faults.join('\n'), '');

test('every event family is counted, and has events for the histories of tests', () => {
  const counted = new Set<string>(definitionsWith(defaultMetricSettings).map(({ on }) => on));
  none(
    families.flatMap((family) => {
      const folder = `packages/metrics/${family}`;
      return [
        ...(counted.has(family)
          ? []
          : [
              `no definition counts ${family}: write ${folder}/index.ts, name it in packages/metrics/index.ts`,
            ]),
        ...(isThere(`${folder}/${historiesFile}`)
          ? []
          : [`${folder}/${historiesFile} is missing: export events of the family as "histories"`]),
      ];
    }),
  );
});

test('every folder of metrics is registered, and says what its views should show', () => {
  const registered = new Set(metricFamilies.map(({ name }) => name));
  const folders = globSync('packages/metrics/*/index.ts', { cwd: root }).map((file) => file.split('/')[2]!);
  none([
    ...folders
      .filter((folder) => !registered.has(folder))
      .map((folder) => `packages/metrics/${folder} is not named in packages/metrics/index.ts`),
    ...[...registered]
      .filter((name) => !isThere(`packages/metrics/${name}/index.ts`))
      .map((name) => `the family ${name} of packages/metrics/index.ts has not the name of its folder`),
    ...[...registered]
      .map((name) => `packages/metrics/${name}/${expectedFile}`)
      .filter((file) => !isThere(file))
      .map((file) => `${file} is missing: export what the views of the folder should show as "expected"`),
  ]);
});

test('every kind of fact has its table', () => {
  const tables = new Set(metricFamilies.flatMap((family) => family.tables).map(({ name }) => name));
  none(
    [...publishedKinds.keys()]
      .filter((kind) => !tables.has(kind))
      .map(
        (kind) => `the facts ${kind} have no table: write factTable('${kind}', …) in the folder's "tables"`,
      ),
  );
});

test('every kind of receiver of alerts has a test of what it sends', () => {
  none(
    kindsIn(readdirSync(new URL(receiverFolder, root)))
      .map((kind) => `${receiverFolder}${kind}.test.ts`)
      .filter((file) => !isThere(file))
      .map((file) => `${file} is missing: test what the receiver sends; slack.test.ts is a short example`),
  );
});
