/**
 * `node infra/docker/env.ts`: writes `.env` for docker compose, with random secrets that only its owner can read. An API key
 * for publishers is printed, once; Compose gets its hash. A file that is there stays as it is.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';

const file = '.env';
const secret = (): string => randomBytes(24).toString('base64url');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

if (existsSync(file)) {
  console.error(`${file} is there already, and stays as it is. Delete it to begin with other secrets.`);
  process.exitCode = 1;
} else {
  const [key, services, bi, explain] = [secret(), secret(), secret(), secret()];
  const lines = {
    TIDEMARK_CLICKHOUSE_PASSWORD: services,
    TIDEMARK_CLICKHOUSE_PASSWORD_SHA256: sha256(services),
    TIDEMARK_CLICKHOUSE_BI_PASSWORD: bi,
    TIDEMARK_CLICKHOUSE_BI_PASSWORD_SHA256: sha256(bi),
    TIDEMARK_CLICKHOUSE_EXPLAIN_PASSWORD: explain,
    TIDEMARK_CLICKHOUSE_EXPLAIN_PASSWORD_SHA256: sha256(explain),
    COLLECTOR_KEYS: `'${JSON.stringify([{ name: 'backend', sha256: sha256(key) }])}'`,
    LIVE_TOKEN: secret(),
    ALERTS_TOKEN: secret(),
    METRICS_TOKEN: secret(),
  };
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, text.join(''), { mode: 0o600, flag: 'wx' });
  console.log(`${file} is written. Publishers use the API key ${key}`);
}
