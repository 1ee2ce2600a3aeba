/** The output of the terminal: lines that stay, and one status line at the bottom that is overwritten. */
export type Screen = {
  /** A line that stays, on stdout: addresses and figures. */
  readonly print: (line: string) => void;
  /** A line that stays, on stderr: progress and failures. */
  readonly note: (line: string) => void;
  /**
   * The status. On a terminal it replaces the one before; elsewhere it is a line of its own, and only every few
   * seconds.
   */
  readonly status: (line: string) => void;
  /** Ends the line at the bottom. */
  readonly end: () => void;
};

const lineEveryMs = 5_000;

/** The screen of this process. */
export function createScreen(): Screen {
  const { stdout, stderr } = process;
  const onTerminal = stderr.isTTY;
  let shown = '';
  let printedAt = Number.NEGATIVE_INFINITY;

  const erase = (): void => void (shown === '' || stderr.write('\r\x1b[2K'));
  const draw = (): void => void (shown === '' || stderr.write(shown));
  const above = (stream: NodeJS.WriteStream, line: string): void => {
    erase();
    stream.write(`${line}\n`);
    draw();
  };
  return {
    print: (line) => above(stdout, line),
    note: (line) => above(stderr, line),
    status(line) {
      if (onTerminal) {
        erase();
        // A line that wraps could not be overwritten.
        shown = line.slice(0, Math.max(20, (stderr.columns ?? 80) - 1));
        return draw();
      }
      if (performance.now() - printedAt < lineEveryMs) return;
      printedAt = performance.now();
      stdout.write(`${line}\n`);
    },
    end() {
      erase();
      shown = '';
    },
  };
}
