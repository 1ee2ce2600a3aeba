import type { TestEvent } from 'node:test/reporters';

/** A reporter for `node --test`: at the end, the seconds each file took, the slowest first. */
export default async function* fileTimes(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { readonly file: string; readonly seconds: number }[] = [];
  for await (const { type, data } of events)
    if (type === 'test:summary' && data.file !== undefined)
      files.push({ file: data.file, seconds: data.duration_ms / 1_000 });
  for (const { file, seconds } of files.toSorted((a, b) => b.seconds - a.seconds))
    yield `${seconds.toFixed(1).padStart(7)} s  ${file.slice(process.cwd().length + 1)}\n`;
}
