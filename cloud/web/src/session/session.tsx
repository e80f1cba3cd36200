/** Who is signed in, for the whole client. */

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from "react";
import { api } from "../api/client";

type Status = "restoring" | "unreachable" | "signed-out" | "signed-in";

interface Session {
  status: Status;
  /** Call after the client has taken a token. */
  entered: () => void;
  signOut: () => Promise<void>;
  restore: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [status, setStatus] = useState<Status>("restoring");

  const leave = useCallback(() => {
    queryClient.clear();
    setStatus("signed-out");
  }, [queryClient]);

  const restore = useCallback(async () => {
    setStatus("restoring");
    const isKnown = await api.refresh().catch(() => null);
    setStatus(isKnown === null ? "unreachable" : isKnown ? "signed-in" : "signed-out");
  }, []);

  useEffect(() => {
    api.onSignedOut = leave;
    void restore();
  }, [leave, restore]);

  const session = useMemo<Session>(
    () => ({
      status,
      restore,
      entered: () => setStatus("signed-in"),
      signOut: async () => {
        await api.signOut();
        leave();
      },
    }),
    [status, restore, leave],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession: expected a SessionProvider around");
  return session;
}
