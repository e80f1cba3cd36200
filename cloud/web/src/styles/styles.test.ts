import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = resolve(import.meta.dirname, "..");
const PUBLIC_PAGE = resolve(SOURCE, "../../app/web/templates/shop.css");
const read = (path: string) => readFileSync(join(SOURCE, path), "utf8");
const SHEETS = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".css") && path !== join("styles", "tokens.css"))
  .map((path) => ({ path, text: read(path) }));
// in the unit of the drawing, which grows with it
const DRAWINGS = /chart\.module\.css$/;

/** The values of custom properties, those for the dark after those for the light. */
function tokens(css: string, name: string): string[] {
  return [...css.matchAll(new RegExp(`--${name}:\\s*([^;}]+)`, "g"))].map(([, value = ""]) =>
    value.replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3"),
  );
}

describe.each(SHEETS)("$path", ({ text }) => {
  it("has no colour of its own", () => {
    expect(text.match(/#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(/gi)).toBeNull();
  });

  it("has distances of the scale, or of what they belong to", () => {
    const rules = [...text.matchAll(/\b(?:margin|padding|gap)[a-z-]*:\s*([^;]+);/g)];
    const own = rules.flatMap(([, value = ""]) => value.match(/[\d.]+(px|rem)\b/g) ?? []);
    expect(own).toEqual([]);
  });
});

it.each(SHEETS.filter(({ path }) => !DRAWINGS.test(path)))(
  "$path has no size of type of its own",
  ({ text }) => {
    const sizes = [...text.matchAll(/font-size:\s*([^;]+);/g)].map(([, size = ""]) => size);
    const scale = /^(var\(--text-(s|m|l|xl|2xl)\)|inherit)$/;
    expect(sizes.filter((size) => !scale.test(size))).toEqual([]);
  },
);

it.each([
  ["ink", "ink"],
  ["soft", "ink-soft"],
  ["paper", "paper"],
  ["card", "surface"],
  ["line", "line"],
  ["accent", "accent"],
  ["on-accent", "on-accent"],
  ["open", "good"],
  ["shut", "bad"],
])("the public page has the same --%s, light and dark", (name, token) => {
  const here = tokens(readFileSync(PUBLIC_PAGE, "utf8"), name);
  expect(here).toHaveLength(2);
  expect(here).toEqual(tokens(read("styles/tokens.css"), token));
});
