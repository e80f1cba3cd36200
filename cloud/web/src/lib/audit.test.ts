import { readFileSync } from "node:fs";
import i18next from "i18next";
import { beforeAll, expect, it } from "vitest";
import en from "../i18n/en.json";
import { fieldName } from "./problems";

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
}

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const FILE = new URL("../../../../openapi.json", import.meta.url);
const CHANGING = ["post", "put", "patch", "delete"];
// made by the client, and left out by the page
const UNTOLD = ["id"];

const document = JSON.parse(readFileSync(FILE, "utf8")) as Document;
const changes = Object.entries(document.paths)
  .filter(([path]) => path.includes("{shop_id}"))
  .flatMap(([, methods]) => Object.entries(methods))
  .filter(([method]) => CHANGING.includes(method))
  .map(([, operation]) => operation);

beforeAll(async () => {
  await i18next.init({ lng: "en", resources: { en: { translation: en } } });
});

it("has a sentence for every operation of a shop that changes something", () => {
  expect(changes.length).toBeGreaterThan(30);
  const actions = changes.map(({ operationId }) => operationId);
  expect(actions.filter((action) => !(action in en.audit.actions))).toEqual([]);
});

it("has a name for every field that such an operation takes", () => {
  const fields = [...new Set(changes.flatMap(fieldsOf))].filter((name) => !UNTOLD.includes(name));
  expect(fields.length).toBeGreaterThan(30);
  expect(fields.filter((name) => fieldName(name) === name)).toEqual([]);
});

function fieldsOf({ requestBody }: Operation): string[] {
  return Object.values(requestBody?.content ?? {}).flatMap(({ schema: { $ref, properties } }) => {
    const named = $ref && document.components.schemas[$ref.split("/").at(-1) ?? ""];
    return Object.keys((named || { properties }).properties ?? {});
  });
}
