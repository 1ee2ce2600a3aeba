/** What commands print: results to stdout, all else to stderr. */

/** Prints a line of the result. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a value as one line of JSON; money, which is a bigint, becomes a text. */
export function printJson(value: unknown): void {
  print(jsonOf(value));
}

/** What `--json` of a command asks for. */
export type Output = { readonly json: boolean };

/** Prints what a command has done: as JSON for scripts, as a sentence for people. */
export function printDone({ json }: Output, done: object, sentence: string): void {
  if (json) printJson(done);
  else print(sentence);
}

/** A value as JSON; a bigint becomes a text. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));
}

/** Prints a sentence for the person who waits. */
export function note(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** Rows below a head as text, columns side by side. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => all.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Shows how far long work is: one line that is written anew, on a terminal alone. */
export type Progress = { readonly show: (text: string) => void; readonly end: () => void };

/** Progress on stderr. */
export function progressLine(): Progress {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  return {
    show: (text) => void process.stderr.write(`\r\x1b[2K${text}`),
    end: () => void process.stderr.write('\r\x1b[2K'),
  };
}
