/**
 * Purchases typed in by hand, kept on this device until the server has them.
 *
 * The id is made here, and sending the same again is harmless; so an entry is sent until the answer
 * has come, whatever became of the connection meanwhile.
 */

import { ApiError } from "../api/client";
import type { NewPurchase } from "../api/types";
import type { Entry, OutboxStore } from "./store";

export type Send = (shopId: string, body: NewPurchase) => Promise<unknown>;
export type InWords = (refused: ApiError) => string;

/** Sends one after another, oldest first; what is refused stays to be looked at. */
export class Outbox {
  readonly #store: OutboxStore;
  readonly #send: Send;
  readonly #inWords: InWords;
  #sending: Promise<void> | null = null;
  #entries: readonly Entry[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(store: OutboxStore, send: Send, inWords: InWords) {
    this.#store = store;
    this.#send = send;
    this.#inWords = inWords;
  }

  /** What is not with the server yet, oldest first; the same array until it changes. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  async load(): Promise<void> {
    const all = await this.#store.all();
    this.#entries = all.sort((a, b) => a.enteredAt.localeCompare(b.enteredAt));
    for (const changed of this.#listeners) changed();
  }

  /** Keep an entry; it is safe when this returns. */
  async add(entry: Entry): Promise<void> {
    await this.#store.put(entry);
    await this.load();
  }

  async discard(id: string): Promise<void> {
    await this.#store.remove(id);
    await this.load();
  }

  /** Send what one person has entered; ends at the first sign that the server is not there. */
  flush(personId: string): Promise<void> {
    this.#sending ??= this.#flushOnce(personId).finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #flushOnce(personId: string): Promise<void> {
    const next = async () => {
      await this.load();
      return this.#entries.find((one) => one.personId === personId && one.refusal === null);
    };
    // looked for anew each time: another may have been entered meanwhile
    for (let entry = await next(); entry; entry = await next()) {
      if (!(await this.#deliver(entry))) break;
    }
    await this.load();
  }

  async #deliver(entry: Entry): Promise<boolean> {
    try {
      await this.#send(entry.shopId, entry.body);
      await this.#store.remove(entry.id);
      return true;
    } catch (error) {
      if (!isFinal(error)) return false;
      await this.#store.put({ ...entry, refusal: this.#inWords(error) });
      return true;
    }
  }
}

const MAY_PASS = new Set([401, 408, 425, 429]);

/** Whether the server has understood and refused; anything else is worth another try. */
function isFinal(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    error.status >= 400 &&
    error.status < 500 &&
    !MAY_PASS.has(error.status)
  );
}
