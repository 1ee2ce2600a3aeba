/** `npm run test:registry`: confluent-kafka, from PyPI, uses the collector as its schema registry. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { collector } from '../../../services/collector/collector.fixtures.ts';
import { pythonWith, shown } from '../python.ts';

const programs = await pythonWith('registry', 'confluent-kafka[avro,schemaregistry]==2.16.1');
const { app } = await collector();
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;
process.exitCode = await shown(join(programs, 'python'), [
  join(import.meta.dirname, 'confluent.py'),
  `http://127.0.0.1:${port}`,
]);
await app.close();
