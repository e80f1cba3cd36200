/** The purchases that wait on this device, sent whenever there may be a way to the server. */

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from "react";
import { createPurchase } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { NewPurchase } from "../api/types";
import { problemText } from "../lib/problems";
import { Outbox } from "../outbox/outbox";
import { type Entry, indexedDbStore } from "../outbox/store";

const RETRY_MS = 20_000;
const outbox = new Outbox(indexedDbStore(), createPurchase, problemText);

interface OutboxView {
  /** What this person has entered and the server does not have yet. */
  entries: readonly Entry[];
  enter: (shopId: string, body: NewPurchase) => Promise<void>;
  discard: (id: string) => Promise<void>;
}

const OutboxContext = createContext<OutboxView | null>(null);

export function OutboxProvider({ personId, children }: { personId: string; children: ReactNode }) {
  const queryClient = useQueryClient();
  const all = useSyncExternalStore(outbox.subscribe, () => outbox.entries);
  const entries = useMemo(() => all.filter((one) => one.personId === personId), [all, personId]);
  const waiting = entries.filter((one) => one.refusal === null).length;

  useEffect(() => {
    const flush = () => void outbox.flush(personId);
    flush();
    globalThis.addEventListener("online", flush);
    return () => globalThis.removeEventListener("online", flush);
  }, [personId]);

  useEffect(() => {
    if (waiting === 0) return;
    const timer = setInterval(() => void outbox.flush(personId), RETRY_MS);
    return () => clearInterval(timer);
  }, [waiting, personId]);

  const view: OutboxView = {
    entries,
    enter: async (shopId, body) => {
      const enteredAt = new Date().toISOString();
      await outbox.add({ id: body.id, shopId, personId, body, enteredAt, refusal: null });
      void outbox.flush(personId).then(() => {
        void queryClient.invalidateQueries({ queryKey: queryKeys.today(shopId) });
        void queryClient.invalidateQueries({ queryKey: queryKeys.purchases(shopId) });
      });
    },
    discard: (id) => outbox.discard(id),
  };
  return <OutboxContext value={view}>{children}</OutboxContext>;
}

export function useOutbox(): OutboxView {
  const view = use(OutboxContext);
  if (!view) throw new Error("useOutbox: expected an OutboxProvider around");
  return view;
}
