/**
 * The process that is the embedded ClickHouse server: it calls the server's own `main` in libchdb, which blocks this
 * thread until the parked query is cancelled. Started by clickhouse.ts; the arguments are those of the server.
 */
import { DataType, load, open } from 'ffi-rs';
import { libchdbPath } from 'chdb/libchdb';

/*
 * The engine offers its listeners to a session of `clickhouse local`; they live as long as the session, so its last
 * query is one that does not end. It sleeps a second a block, which costs nothing, and can be cancelled any time.
 */
const park =
  'SELECT sleepEachRow(1) FROM system.numbers ' +
  'SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 100000000 FORMAT Null';

const [listen, ...args] = process.argv.slice(2);
const argv = ['clickhouse', ...args, '--query', `${listen}; ${park}`];
open({ library: 'chdb', path: libchdbPath() });
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.I32,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [argv.length, argv],
});
// The engine has shut down by now; its remaining threads must not keep the process.
process.exit(0);
