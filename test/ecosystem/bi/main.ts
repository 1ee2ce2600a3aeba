/**
 * `npm run test:bi`: BI tools read the views of a small business whose figures are known, as the user of BI tools: dbt,
 * clickhouse-connect, SQLAlchemy, Polars, DuckDB. They come from PyPI, to folders outside the tree.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { business } from '../../views/mcp/business.ts';
import { viewBench } from '../../support/views.ts';
import { pythonWith, shown } from '../python.ts';

const packages = [
  'clickhouse-connect[sqlalchemy]==1.12.0',
  'sqlalchemy==2.1.9',
  'pandas==3.1.1',
  'pyarrow==26.0.1',
  'polars==2.1.0',
  'duckdb==2.0.1',
];

const bench = await viewBench();
for (const { recordedAt, facts } of business) await bench.put(facts, 1, recordedAt);
const { hostname, port } = new URL(bench.server.clickhouseUrl);
const scratch = await mkdtemp(join(tmpdir(), 'tidemark-bi-'));
const env = {
  CLICKHOUSE_HOST: hostname,
  CLICKHOUSE_PORT: port,
  CLICKHOUSE_BI_USER: bench.server.biUser,
  CLICKHOUSE_BI_PASSWORD: bench.server.biPassword,
  DBT_TARGET_PATH: join(scratch, 'target'),
  DBT_LOG_PATH: join(scratch, 'logs'),
};
const here = import.meta.dirname;
const failed: string[] = [];
const run = async (name: string, program: string, args: readonly string[]): Promise<void> => {
  console.log(`== ${name}`);
  if ((await shown(program, args, env)) !== 0) failed.push(name);
};

const python = await pythonWith('bi', ...packages);
for (const script of ['clickhouse_connect_reads', 'sqlalchemy_reads', 'arrow_out'])
  await run(script, join(python, 'python'), [join(here, `${script}.py`)]);

const dbt = await pythonWith('dbt', 'dbt-core<1.11', 'dbt-clickhouse==1.10.3');
const project = ['--project-dir', 'infra/dbt', '--profiles-dir', 'infra/dbt'];
await run('dbt build', join(dbt, 'dbt'), ['build', ...project]);
await run('dbt docs', join(dbt, 'dbt'), ['docs', 'generate', ...project]);

await bench.close();
await rm(scratch, { recursive: true, force: true });
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
