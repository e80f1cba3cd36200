/** Who is signed in, for the whole client. */

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { api } from "../api/client";
import { takeBegun } from "../early";
import { forgetMe, rememberedMe } from "./remembered";

type Status = "unreachable" | "signed-out" | "signed-in";

interface Session {
  status: Status;
  /** Call after the client has taken a token. */
  entered: () => void;
  signOut: (isEverywhere?: boolean) => Promise<void>;
  /** Call when the server has ended the sign-in with the account. */
  forgotten: () => void;
  restore: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [status, setStatus] = useState<Status>(beforeRefresh);
  const isEntered = useRef(false);

  const leave = useCallback(() => {
    queryClient.clear();
    forgetMe();
    setStatus("signed-out");
  }, [queryClient]);

  const restore = useCallback(async () => {
    isEntered.current = false;
    setStatus(beforeRefresh());
    const asked = takeBegun<boolean>("refresh") ?? api.refresh();
    const isKnown = await asked.catch(() => null);
    // who has signed in by hand meanwhile is not sent back by an old cookie
    if (isEntered.current) return;
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
        isEntered.current = true;
        forgetMe();
        setStatus("signed-in");
      },
      signOut: async (isEverywhere) => {
        await api.signOut(isEverywhere);
        leave();
      },
      forgotten: () => {
        api.forget();
        leave();
      },
    }),
    [status, restore, leave],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

/**
 * Who was signed in here last sees the pages at once, whose requests wait for the first token; who
 * was not sees the form. What the refresh then finds corrects either.
 */
function beforeRefresh(): Status {
  return rememberedMe() ? "signed-in" : "signed-out";
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
