/** A new version of the client waits until it is asked for: a reload must not come amid a sale. */

import { useSyncExternalStore } from "react";

const CHECK_MS = 3_600_000;
let waiting: ServiceWorker | null = null;
const listeners = new Set<() => void>();

/** Keep the client on this device, and notice when another version has been fetched. */
export async function keepClient(): Promise<void> {
  const registration = await navigator.serviceWorker.register("/sw.js");
  noticed(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => {
      // the very first version controls nothing yet and replaces nobody
      const isUpdate = installing.state === "installed" && navigator.serviceWorker.controller;
      if (isUpdate) noticed(installing);
    });
  });
  setInterval(() => void registration.update().catch(() => undefined), CHECK_MS);
}

/** Take over with the new version, and show it. */
export function takeUpdate(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  waiting?.postMessage({ type: "SKIP_WAITING" });
}

export function useUpdate(): boolean {
  return useSyncExternalStore(subscribe, () => waiting !== null);
}

function noticed(worker: ServiceWorker | null): void {
  waiting = worker;
  for (const changed of listeners) changed();
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}
