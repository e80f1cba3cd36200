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
  for (const [, interval = ""] of text.matchAll(/refetchInterval:(.*)/g)) {
    const names = interval.match(/\b[A-Z_]+_MS\b/g) ?? [];
    expect(names, interval).toHaveLength(1);
    const [, value = "0"] = new RegExp(`const ${names[0]} = ([\\d_]+);`).exec(text) ?? [];
    expect(Number(value.replaceAll("_", "")), interval).toBeGreaterThanOrEqual(LEAST_MS);
  }
});
