import { createHash } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is kept in a data folder, each in a folder of its own. */
export const dataParts = ['kafka', 'clickhouse', 'state', 'simulator', 'logs'] as const;

/** Longer paths of sockets are cut off by some systems. */
const socketPathMax = 100;

/**
 * Makes this process the only owner of a data folder until it ends, whatever way, and keeps its parts from other users of the
 * machine. The sign of an owner is a socket that somebody listens on: unlike a file it does not outlive its process.
 *
 * @returns Gives the folder back.
 * @throws Error when another process owns it.
 */
export async function ownDataFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const part of dataParts)
    await chmod(join(folder, part), 0o700).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  const path = socketOf(folder);
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (await isAnswered(path))
      throw new Error(
        `Another tidemark start is using ${folder}: stop it, or give another folder with --data.`,
        {
          cause: error,
        },
      );
    // Left behind by a process that was killed.
    await rm(path, { force: true });
    await listen(server, path);
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function socketOf(folder: string): string {
  const path = join(folder, 'owner.sock');
  if (Buffer.byteLength(path) <= socketPathMax) return path;
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `tidemark-${digest}.sock`);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
