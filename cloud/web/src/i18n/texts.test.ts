import i18next from "i18next";
import { describe, expect, it } from "vitest";
import de from "./de.json";
import en from "./en.json";
import hi from "./hi.json";
import { mirrored } from "./pseudo";

// a radio button, on which the name of the customer is written
const NO_BUTTON = new Set(["duplicates.staysOf"]);

type Flat = Map<string, string>;

const PLURAL = /_(zero|one|two|few|many|other)$/;
const LANGUAGES = { en, de, hi };

function flat(texts: object, path = ""): Flat {
  return new Map(
    Object.entries(texts).flatMap(([key, text]) =>
      typeof text === "string" ? [[path + key, text] as const] : [...flat(text, `${path}${key}.`)],
    ),
  );
}

const base = (key: string) => key.replace(PLURAL, "");
const bases = (texts: Flat) => [...new Set([...texts.keys()].map(base))].sort();
const variables = (text: string) => [...new Set(text.match(/\{\{\w+\}\}/g))].sort();

describe.each(Object.entries(LANGUAGES))("the texts in %s", (language, texts) => {
  const found = flat(texts);

  it("are those of English, no more and no fewer", () => {
    expect(bases(found)).toEqual(bases(flat(en)));
  });

  it("have every plural form that the language has", () => {
    const plurals = [...found.keys()].filter((key) => PLURAL.test(key)).map(base);
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of new Set(plurals)) {
      for (const form of forms) expect(found.has(`${key}_${form}`), `${key}_${form}`).toBe(true);
    }
  });

  it("name a button by what is written on it, and more: so it is called by who speaks to it", () => {
    const named = [...found.keys()].filter((key) => /(Of|To)$/.test(key) && !NO_BUTTON.has(key));
    for (const key of named) {
      const written = found.get(key.slice(0, -2))?.toLowerCase();
      if (written) expect(found.get(key)?.toLowerCase(), key).toContain(written);
    }
  });

  it("say the same things: the variables of English, though a form may leave out its number", () => {
    const english = flat(en);
    for (const [key, text] of found) {
      const wanted = english.get(key) ?? english.get(`${base(key)}_other`) ?? "";
      expect(variables(text), key).toEqual(variables(wanted));
    }
  });
});

describe("numbers and plurals", () => {
  it("follow Hindi, where none and one are alike", async () => {
    const t = await i18next
      .createInstance()
      .init({ lng: "hi", resources: { hi: { translation: hi } } });
    expect(t("customers.shown", { count: 0 })).toBe("0 ग्राहक दिखाया गया");
    expect(t("customers.shown", { count: 2 })).toBe("2 ग्राहक दिखाए गए");
  });
});

it("mirrors every text and no key", () => {
  expect(bases(flat(mirrored(en)))).toEqual(bases(flat(en)));
  expect(mirrored({ a: { b: "Hello {{name}}" } })).toEqual({
    a: { b: "\u202eHello {{name}}\u202c" },
  });
});
