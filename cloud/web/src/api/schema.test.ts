import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import openapi, { astToString } from "openapi-typescript";
import { expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../../../..");

it("is what `npm run types` makes of openapi.json today", async () => {
  const kept = readFileSync(resolve(import.meta.dirname, "schema.d.ts"), "utf8");
  const document = JSON.parse(readFileSync(resolve(ROOT, "openapi.json"), "utf8"));
  const made = astToString(await openapi(document, { defaultNonNullable: false }));
  // the command heads its file with a comment
  expect(kept.endsWith(made)).toBe(true);
}, 30_000);
