/** The live view of the current shop, held open while any page of it is shown. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { getLive, openLiveStream } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { LiveStream } from "../api/stream";
import type { Live } from "../api/types";
import { takeBegun } from "../early";

export interface LiveView {
  live: Live | undefined;
  error: Error | null;
  /** False while neither the stream nor its first attempt stands. */
  isConnected: boolean;
  lastSeenAt: Date | null;
  retry: () => void;
}

const POLL_MS = 15_000;
// what the server works out in the background
const CHANGING = [
  queryKeys.imports,
  queryKeys.today,
  queryKeys.scores,
  queryKeys.scoring,
  queryKeys.insights,
  queryKeys.moves,
  queryKeys.scoreboard,
  queryKeys.tiers,
  queryKeys.allBundles,
];
const LiveContext = createContext<LiveView | null>(null);

export function LiveProvider({ shopId, children }: { shopId: string; children: ReactNode }) {
  const queryClient = useQueryClient();
  const [isConnected, setConnected] = useState(true);
  const [heardAt, setHeardAt] = useState(0);

  const key = useMemo(() => queryKeys.live(shopId), [shopId]);

  useEffect(() => {
    const stream = new LiveStream((headers, signal) => openLiveStream(shopId, headers, signal), {
      onConnected: setConnected,
      onHeard: () => setHeardAt(Date.now()),
      onChanged: () => {
        for (const name of CHANGING) {
          void queryClient.invalidateQueries({ queryKey: name(shopId) });
        }
      },
      onLive: (live) => {
        const known = queryClient.getQueryData<Live>(key);
        queryClient.setQueryData<Live>(key, (current) => newest(current, live));
        // somebody came in, or the door moved: so have the day's visitors, and whether hours are kept
        if (known && (known.entries !== live.entries || known.since !== live.since)) {
          void queryClient.invalidateQueries({ queryKey: queryKeys.today(shopId) });
        }
      },
    });
    void stream.start();
    return () => stream.stop();
  }, [shopId, key, queryClient]);

  const query = useQuery({
    queryKey: key,
    // the stream may have brought something newer while this was under way
    queryFn: async () => {
      const answer = await (takeBegun<Live>(`live ${shopId}`) ?? getLive(shopId));
      return newest(queryClient.getQueryData<Live>(key), answer);
    },
    refetchInterval: isConnected ? false : POLL_MS,
  });
  const seenAtMs = Math.max(heardAt, query.dataUpdatedAt);
  const view: LiveView = {
    live: query.data,
    error: query.error,
    isConnected,
    lastSeenAt: seenAtMs > 0 ? new Date(seenAtMs) : null,
    retry: () => void query.refetch(),
  };
  return <LiveContext value={view}>{children}</LiveContext>;
}

export function useLive(): LiveView {
  const view = use(LiveContext);
  if (!view) throw new Error("useLive: expected a LiveProvider around");
  return view;
}

function newest(known: Live | undefined, arrived: Live): Live {
  return known && known.version > arrived.version ? known : arrived;
}
