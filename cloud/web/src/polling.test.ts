import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const LEAST_MS = 15_000;
const SOURCES = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test."))
  .map((name) => ({ name, text: readFileSync(join(import.meta.dirname, name), "utf8") }));

it("finds pages that ask again by themselves", () => {
  expect(SOURCES.filter(({ text }) => text.includes("refetchInterval:")).length).toBeGreaterThan(1);
});

it.each(SOURCES)("$name asks no more often than every 15 s", ({ text }) => {
  for (const { index } of text.matchAll(/refetchInterval:/g)) {
    // the first of our names for a time after it, which may stand on the next line
    const [given, name] = /[^;]*?\b([A-Z_]+_MS)\b/.exec(text.slice(index)) ?? [];
    const [, value = "0"] = new RegExp(`const ${name} = ([\\d_]+);`).exec(text) ?? [];
    expect(Number(value.replaceAll("_", "")), given).toBeGreaterThanOrEqual(LEAST_MS);
  }
});
