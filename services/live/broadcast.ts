import type { ServerResponse } from 'node:http';

/** An event of the stream: its name, its data, and its version. */
export type Source = {
  readonly event: string;
  /** Changes whenever `data` would. */
  readonly version: () => number | string;
  readonly data: () => unknown;
};

const lookEveryMs = 500;
const aliveEveryMs = 15_000;
const listenersMax = 500;

/** Sends each change to all listeners. A message is made once for all of them. */
export class Broadcast {
  readonly #sources: readonly Source[];
  readonly #last = new Map<string, { version: number | string; text: string }>();
  readonly #listeners = new Map<ServerResponse, Map<string, number | string>>();
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  /** Adds a listener whose head was sent; `false` when there are too many. It leaves by closing. */
  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= listenersMax) return false;
    this.#listeners.set(response, new Map());
    response.on('close', () => {
      this.#listeners.delete(response);
      if (this.#listeners.size === 0) this.close();
    });
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs);
    this.#look();
    return true;
  }

  /** Stops sending. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const isTimeForLife = ++this.#looks % (aliveEveryMs / lookEveryMs) === 0;
    for (const source of this.#sources) this.#refresh(source);
    for (const [response, heard] of this.#listeners) {
      // A listener that is too slow misses versions, not the last one: each message is whole.
      if (response.writableNeedDrain) continue;
      let text = isTimeForLife ? ': alive\n\n' : '';
      for (const [event, { version, text: message }] of this.#last) {
        if (heard.get(event) === version) continue;
        heard.set(event, version);
        text += message;
      }
      if (text !== '') response.write(text);
    }
  }

  #refresh({ event, version, data }: Source): void {
    const current = version();
    if (this.#last.get(event)?.version === current) return;
    const text = `event: ${event}\ndata: ${JSON.stringify(data())}\n\n`;
    this.#last.set(event, { version: current, text });
  }
}
