import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import type { NewPurchase } from "../api/types";
import { Outbox, type Send } from "./outbox";
import type { Entry } from "./store";
import type { OutboxStore } from "./store";

function memoryStore(): OutboxStore {
  const kept = new Map<string, Entry>();
  return {
    all: async () => [...kept.values()],
    put: async (entry) => void kept.set(entry.id, entry),
    remove: async (id) => void kept.delete(id),
  };
}

function entry(id: string, personId = "olga"): Entry {
  const body: NewPurchase = { id, occurred_at: "2026-11-20T10:00:00Z", amount_minor: 500 };
  return {
    id,
    shopId: "bakery",
    personId,
    body,
    enteredAt: `2026-11-20T10:00:0${id}Z`,
    refusal: null,
  };
}

async function outboxWith(send: Send, ...entries: Entry[]): Promise<Outbox> {
  const outbox = new Outbox(memoryStore(), send, (refused) => refused.message);
  for (const one of entries) await outbox.add(one);
  return outbox;
}

describe("the outbox", () => {
  it("sends in the order of entering and forgets what has arrived", async () => {
    const sent: string[] = [];
    const outbox = await outboxWith(async (_, body) => sent.push(body.id), entry("2"), entry("1"));
    await outbox.flush("olga");
    expect(sent).toEqual(["1", "2"]);
    expect(outbox.entries).toEqual([]);
  });

  it("keeps everything, unchanged, while the server cannot be reached", async () => {
    const attempts: string[] = [];
    const outbox = await outboxWith(
      async (_, body) => {
        attempts.push(body.id);
        throw new ApiError(0, "");
      },
      entry("1"),
      entry("2"),
    );
    await outbox.flush("olga");
    await outbox.flush("olga");
    expect(attempts).toEqual(["1", "1"]);
    expect(outbox.entries).toEqual([entry("1"), entry("2")]);
  });

  it("sets aside what is refused, and goes on with the next", async () => {
    const outbox = await outboxWith(
      async (_, body) => {
        if (body.id === "1") throw new ApiError(422, "occurred_at: expected a time in the past");
      },
      entry("1"),
      entry("2"),
    );
    await outbox.flush("olga");
    expect(outbox.entries.map(({ id, refusal }) => [id, refusal])).toEqual([
      ["1", "occurred_at: expected a time in the past"],
    ]);
  });

  it("sends what is entered while another is on its way, without waiting for the next turn", async () => {
    const sent: string[] = [];
    const outbox = await outboxWith(async (_, body) => {
      sent.push(body.id);
      if (body.id === "1") await outbox.add(entry("2"));
    }, entry("1"));
    await outbox.flush("olga");
    expect(sent).toEqual(["1", "2"]);
    expect(outbox.entries).toEqual([]);
  });

  it("never sends with somebody else's sign-in", async () => {
    const outbox = await outboxWith(
      async () => {
        throw new Error("must not be sent");
      },
      entry("1", "olga"),
    );
    await outbox.flush("ben");
    expect(outbox.entries).toEqual([entry("1", "olga")]);
  });

  it("sends once though asked twice at the same time", async () => {
    const sent: string[] = [];
    const outbox = await outboxWith(async (_, body) => sent.push(body.id), entry("1"));
    await Promise.all([outbox.flush("olga"), outbox.flush("olga")]);
    expect(sent).toEqual(["1"]);
  });
});
