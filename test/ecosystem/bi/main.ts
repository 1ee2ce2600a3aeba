/**
 * `npm run test:bi`: BI tools read the views of a small business whose figures are known, as the user of BI tools: dbt,
 * clickhouse-connect, SQLAlchemy, Polars, DuckDB, Superset, from PyPI, and JDBC, from Maven Central, to folders outside the tree. With
 * `-- python`, `-- jdbc`, `-- dbt` or `-- superset` those alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir, fetchJars, kafkaJars } from '../../../infra/local/embedded/jars.ts';
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

/** Superset with what its package asks for and does not bring. */
const supersetPackages = [
  'apache-superset==6.1.0',
  'clickhouse-connect==1.12.0',
  'rich==15.0.0',
  'cachetools==8.0.2',
  'flask-caching==2.3.1',
];

/** With all that it needs but SLF4J. */
const driver = {
  artifact: 'com.clickhouse:clickhouse-jdbc:0.9.9:all',
  bytes: 12_252_310,
  sha256: '56b49bb9e40df699eff03215e3853ce028be9a6bf17f33687434901a74ee28e0',
};

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

const tools = {
  async python() {
    const python = await pythonWith('bi', ...packages);
    for (const script of ['clickhouse_connect_reads', 'sqlalchemy_reads', 'arrow_out'])
      await run(script, join(python, 'python'), [join(here, `${script}.py`)]);
  },
  async jdbc() {
    const slf4j = (await kafkaJars()).filter(({ artifact }) => artifact.startsWith('org.slf4j:slf4j-api:'));
    const classPath = await fetchJars([driver, ...slf4j], { dir: join(cacheDir(), 'jdbc') });
    await run('jdbc', 'java', ['--class-path', classPath.join(':'), join(here, 'JdbcReads.java')]);
  },
  async dbt() {
    const dbt = await pythonWith('dbt', 'dbt-core<1.11', 'dbt-clickhouse==1.10.3');
    const project = ['--project-dir', 'infra/dbt', '--profiles-dir', 'infra/dbt'];
    await run('dbt build', join(dbt, 'dbt'), ['build', ...project]);
    await run('dbt docs', join(dbt, 'dbt'), ['docs', 'generate', ...project]);
  },
  async superset() {
    const superset = await pythonWith('superset', ...supersetPackages);
    await run('superset', join(superset, 'python'), [join(here, 'superset_draws.py')]);
  },
};
const asked = process.argv.slice(2);
for (const [name, read] of Object.entries(tools))
  if (asked.length === 0 || asked.includes(name)) await read();

await bench.close();
await rm(scratch, { recursive: true, force: true });
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
