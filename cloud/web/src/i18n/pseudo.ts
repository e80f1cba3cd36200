/** English that reads from right to left, to see what a layout does with Arabic or Hebrew. */

type Texts = Record<string, unknown>;

const RIGHT_TO_LEFT = "\u202e";
const END = "\u202c";

/** The same texts, each turned around by an embedding mark; keys and variables stay. */
export function mirrored(texts: Texts): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [
      key,
      typeof text === "string" ? RIGHT_TO_LEFT + text + END : mirrored(text as Texts),
    ]),
  );
}
