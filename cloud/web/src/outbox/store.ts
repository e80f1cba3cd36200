/** The outbox's entries in IndexedDB, which survives a closed tab and a dead battery. */

import type { NewPurchase } from "../api/types";

export interface Entry {
  id: string;
  shopId: string;
  /** Who typed it: nobody else's sign-in may send it. */
  personId: string;
  body: NewPurchase;
  enteredAt: string;
  /** Why the server will never take it; null while it may. */
  refusal: string | null;
}

export interface OutboxStore {
  all: () => Promise<Entry[]>;
  put: (entry: Entry) => Promise<void>;
  remove: (id: string) => Promise<void>;
}

const DATABASE = "shopbell";
const TABLE = "purchases";

export function indexedDbStore(): OutboxStore {
  let opened: Promise<IDBDatabase> | null = null;
  const database = () => {
    opened ??= open();
    return opened;
  };
  const table = async (mode: IDBTransactionMode) =>
    (await database()).transaction(TABLE, mode).objectStore(TABLE);
  return {
    all: async () => answer<Entry[]>((await table("readonly")).getAll()),
    put: async (entry) => committed((await table("readwrite")).put(entry)),
    remove: async (id) => committed((await table("readwrite")).delete(id)),
  };
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "id" });
  return answer(request);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A write counts when its transaction has ended, not when the request has. */
function committed(request: IDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const { transaction } = request;
    if (!transaction) throw new Error("expected a request within a transaction");
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
