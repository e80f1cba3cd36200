import { expect, it } from "vitest";
import { LiveStream } from "./stream";
import type { Live } from "./types";

const event = (version: number) => `id: ${version}\nevent: live\ndata: {"version":${version}}\n\n`;

/** A server that ends each connection after what it was told to say; null refuses it. */
function script(...connections: (string | null)[]) {
  const resumedFrom: (string | undefined)[] = [];
  const open = async (headers: Readonly<Record<string, string>>) => {
    resumedFrom.push(headers["Last-Event-ID"]);
    const said = connections[resumedFrom.length - 1];
    if (said == null) throw new Error("refused");
    return new Response(said);
  };
  return { open, resumedFrom };
}

/** Follow until the shop's version is seen; everything that was told until then. */
async function follow(server: ReturnType<typeof script>, untilVersion: number): Promise<string[]> {
  const told: string[] = [];
  const listener = {
    onConnected: (isConnected: boolean) => told.push(isConnected ? "connected" : "interrupted"),
    onHeard: () => {},
    onChanged: () => told.push("changed"),
    onLive: (live: Live) => {
      told.push(`version ${live.version}`);
      if (live.version === untilVersion) stream.stop();
    },
  };
  const stream = new LiveStream(server.open, listener, () => Promise.resolve());
  await stream.start();
  return told;
}

it("comes back where it was when the connection ends", async () => {
  const server = script(event(1) + event(2), event(3));
  const told = await follow(server, 3);
  expect(told).toEqual(["connected", "version 1", "version 2", "connected", "version 3"]);
  expect(server.resumedFrom).toEqual([undefined, "2"]);
});

it("says that it is interrupted only when coming back fails", async () => {
  const told = await follow(script(event(1), null, event(2)), 2);
  expect(told).toEqual(["connected", "version 1", "interrupted", "connected", "version 2"]);
});

it("hears of other changes than the live state", async () => {
  const told = await follow(script(`${event(1)}event: changed\ndata: {}\n\n${event(2)}`), 2);
  expect(told).toEqual(["connected", "version 1", "changed", "version 2"]);
});
