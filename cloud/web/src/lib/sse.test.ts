import { describe, expect, it } from "vitest";
import { EventParser } from "./sse";

const EVENT = 'id: 7\nevent: live\ndata: {"inside":2}\n\n';

describe("EventParser", () => {
  it("reads id, name and data", () => {
    const events = new EventParser().push(EVENT);
    expect(events).toEqual([{ id: "7", event: "live", data: '{"inside":2}' }]);
  });

  it("puts together what arrives in single letters", () => {
    const parser = new EventParser();
    const events = [...EVENT.replaceAll("\n", "\r\n")].flatMap((letter) => parser.push(letter));
    expect(events).toEqual([{ id: "7", event: "live", data: '{"inside":2}' }]);
  });

  it("keeps the events of one piece apart, and what is unfinished for later", () => {
    const parser = new EventParser();
    expect(parser.push("data: a\n\ndata: b\n\ndata: c")).toHaveLength(2);
    expect(parser.push("\n\n").map((event) => event.data)).toEqual(["c"]);
  });

  it("hears no event in the heartbeat", () => {
    expect(new EventParser().push(": still here\n\n")).toEqual([]);
  });

  it("joins several lines of data", () => {
    expect(new EventParser().push("data: a\ndata:b\n\n")[0]).toEqual({
      id: null,
      event: "message",
      data: "a\nb",
    });
  });
});
