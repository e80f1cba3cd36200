/** The live view of a shop as it changes: an event stream that comes back when it breaks. */

import { backoffMs } from "../lib/backoff";
import { EventParser } from "../lib/sse";
import type { Live } from "./types";

export interface LiveListener {
  onLive: (live: Live) => void;
  /** Something else of the shop has changed, such as how far an import is. */
  onChanged: () => void;
  /** Something arrived, be it only the heartbeat. */
  onHeard: () => void;
  /** True when the stream is open, false when it broke and the next attempt failed too. */
  onConnected: (isConnected: boolean) => void;
}

// the server says something every 15 s; twice that without a word is a dead connection
const SILENCE_LIMIT_MS = 35_000;

/** Opens the stream, with the headers that resume it. */
export type OpenStream = (
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Response>;

/** Follows one shop from `start` to `stop`. */
export class LiveStream {
  readonly #openStream: OpenStream;
  readonly #listener: LiveListener;
  readonly #pause: (pauseMs: number) => Promise<void>;
  #connection = new AbortController();
  #isStopped = false;
  #failures = 0;
  #lastEventId: string | null = null;

  constructor(openStream: OpenStream, listener: LiveListener, pause = pauseOrOnline) {
    this.#openStream = openStream;
    this.#listener = listener;
    this.#pause = pause;
  }

  async start(): Promise<void> {
    while (!this.#isStopped) {
      // whatever ends a connection, the answer is the same: connect again
      await this.#listen().catch(() => undefined);
      if (this.#isStopped) return;
      if (this.#failures > 0) this.#listener.onConnected(false);
      await this.#pause(backoffMs(this.#failures, Math.random()));
      this.#failures += 1;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#connection.abort();
  }

  async #listen(): Promise<void> {
    const connection = new AbortController();
    this.#connection = connection;
    let silence = setTimeout(() => connection.abort(), SILENCE_LIMIT_MS);
    try {
      const parser = new EventParser();
      for await (const text of texts(await this.#open(connection.signal))) {
        clearTimeout(silence);
        silence = setTimeout(() => connection.abort(), SILENCE_LIMIT_MS);
        this.#hear(parser.push(text));
      }
    } finally {
      clearTimeout(silence);
    }
  }

  async #open(signal: AbortSignal): Promise<Response> {
    const resume = this.#lastEventId === null ? {} : { "Last-Event-ID": this.#lastEventId };
    const response = await this.#openStream(resume, signal);
    this.#failures = 0;
    this.#listener.onConnected(true);
    return response;
  }

  #hear(events: ReturnType<EventParser["push"]>): void {
    this.#listener.onHeard();
    for (const event of events) {
      this.#lastEventId = event.id ?? this.#lastEventId;
      if (event.event === "live") this.#listener.onLive(JSON.parse(event.data) as Live);
      if (event.event === "changed") this.#listener.onChanged();
    }
  }
}

async function* texts(response: Response): AsyncGenerator<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

/** Wait, but not longer than until the device is online again. */
function pauseOrOnline(pauseMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", finish);
      resolve();
    };
    const timer = setTimeout(finish, pauseMs);
    globalThis.addEventListener("online", finish);
  });
}
