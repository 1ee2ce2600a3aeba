import type { TestEvent } from 'node:test/reporters';

/** A reporter for `node --test`: at the end, the seconds each file took, the slowest first, then each test that failed and why. */
export default async function* fileTimes(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { readonly file: string; readonly seconds: number }[] = [];
  const failures: string[] = [];
  for await (const { type, data } of events) {
    if (type === 'test:summary' && data.file !== undefined)
      files.push({ file: data.file, seconds: data.duration_ms / 1_000 });
    if (type === 'test:fail')
      failures.push(
        `FAILED ${shortened(data.file ?? '')}: ${data.name}\n${String(data.details.error.cause ?? data.details.error)}\n`,
      );
  }
  for (const { file, seconds } of files.toSorted((a, b) => b.seconds - a.seconds))
    yield `${seconds.toFixed(1).padStart(7)} s  ${shortened(file)}\n`;
  yield* failures;
}

function shortened(file: string): string {
  return file.slice(process.cwd().length + 1);
}
