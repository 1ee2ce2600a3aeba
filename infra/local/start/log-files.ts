import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Past this a file is put aside as `<name>.log.1`, in place of the one before: each service keeps twice as much at most. */
const bytesMax = 10_000_000;

/** The log files of the services, one a service. Written at once, so that a crash of ours leaves nothing out. */
export class LogFiles {
  readonly directory: string;
  readonly #files = new Map<string, { readonly fd: number; bytes: number }>();

  /** @param directory Made when it is missing. */
  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** Adds a line to a service's file. */
  write(service: string, line: string): void {
    const file = this.#files.get(service) ?? this.#open(service);
    file.bytes += writeSync(file.fd, `${line}\n`);
    if (file.bytes < bytesMax) return;
    closeSync(file.fd);
    this.#files.delete(service);
    renameSync(this.pathOf(service), `${this.pathOf(service)}.1`);
  }

  /** Where a service's file is. */
  pathOf(service: string): string {
    return join(this.directory, `${service}.log`);
  }

  /** Closes the files; a line that comes later opens its own again. */
  close(): void {
    for (const { fd } of this.#files.values()) closeSync(fd);
    this.#files.clear();
  }

  #open(service: string): { readonly fd: number; bytes: number } {
    const fd = openSync(this.pathOf(service), 'a');
    const file = { fd, bytes: fstatSync(fd).size };
    this.#files.set(service, file);
    return file;
  }
}
