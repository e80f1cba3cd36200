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
import { forgetMe, rememberedMe } from "./remembered";

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
  const [status, setStatus] = useState<Status>(beforeRefresh);

  const leave = useCallback(() => {
    queryClient.clear();
    forgetMe();
    setStatus("signed-out");
  }, [queryClient]);

  const restore = useCallback(async () => {
    setStatus(beforeRefresh());
    const isKnown = await api.refresh().catch(() => null);
    if (isKnown === false) forgetMe();
    setStatus(statusOf(isKnown));
  }, []);

  useEffect(() => {
    api.onSignedOut = leave;
    void restore();
  }, [leave, restore]);

  const session = useMemo<Session>(
    () => ({
      status,
      restore,
      entered: () => {
        forgetMe();
        setStatus("signed-in");
      },
      signOut: async () => {
        await api.signOut();
        leave();
      },
    }),
    [status, restore, leave],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** Who was never signed in here sees the form at once; a sign-in that is found after all leads on. */
function beforeRefresh(): Status {
  return rememberedMe() ? "restoring" : "signed-out";
}

/** Without the server, who was signed in here last may still enter sales. */
function statusOf(isKnown: boolean | null): Status {
  if (isKnown === null) return rememberedMe() ? "signed-in" : "unreachable";
  return isKnown ? "signed-in" : "signed-out";
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession: expected a SessionProvider around");
  return session;
}
