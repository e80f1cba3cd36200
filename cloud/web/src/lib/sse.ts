/** Server-sent events: text in pieces of any size goes in, whole events come out. */

export interface ServerEvent {
  id: string | null;
  event: string;
  data: string;
}

const END_OF_EVENT = /\r\n\r\n|\n\n|\r\r/;
const END_OF_LINE = /\r\n|\n|\r/;

/** A parser of one connection; give it text as it arrives. */
export class EventParser {
  #pending = "";

  /** The events that this text completes. Comments (the heartbeat) complete none. */
  push(text: string): ServerEvent[] {
    const blocks = (this.#pending + text).split(END_OF_EVENT);
    this.#pending = blocks.pop() ?? "";
    return blocks.map(parseBlock).filter((event) => event !== null);
  }
}

function parseBlock(block: string): ServerEvent | null {
  const lines = block.split(END_OF_LINE).map(parseLine);
  const last = (name: string) => lines.findLast((line) => line.name === name)?.value;
  const data = lines.filter((line) => line.name === "data").map((line) => line.value);
  if (data.length === 0) return null;
  return { id: last("id") ?? null, event: last("event") ?? "message", data: data.join("\n") };
}

function parseLine(line: string): { name: string; value: string } {
  const colon = line.indexOf(":");
  if (colon < 0) return { name: line, value: "" };
  return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, "") };
}
