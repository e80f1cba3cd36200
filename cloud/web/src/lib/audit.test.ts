import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import en from "../i18n/en.json";

interface Operation {
  operationId: string;
}

const DOCUMENT = new URL("../../../../openapi.json", import.meta.url);
const CHANGING = ["post", "put", "patch", "delete"];

it("has a sentence for every operation of a shop that changes something", () => {
  const { paths } = JSON.parse(readFileSync(DOCUMENT, "utf8")) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const changes = Object.entries(paths)
    .filter(([path]) => path.includes("{shop_id}"))
    .flatMap(([, methods]) => Object.entries(methods))
    .filter(([method]) => CHANGING.includes(method))
    .map(([, { operationId }]) => operationId);
  expect(changes.length).toBeGreaterThan(30);
  expect(changes.filter((action) => !(action in en.audit.actions))).toEqual([]);
});
