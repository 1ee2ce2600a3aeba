/**
 * `node --test --test-global-setup=test/support/shared-servers.ts`: one Kafka and one ClickHouse for all files of a run.
 * Files run one after the other, and each gets the servers empty: see `backend()`.
 */
import { backend, sharedServers } from './backend.ts';

let servers: Awaited<ReturnType<typeof backend>>;

/** Starts the servers; node calls it before the first file. */
export async function globalSetup(): Promise<void> {
  servers = await backend();
  process.env[sharedServers] = JSON.stringify(servers);
}

/** Stops them; node calls it after the last file. */
export async function globalTeardown(): Promise<void> {
  await servers.close();
}
