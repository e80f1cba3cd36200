import { describe, expect, it } from "vitest";
import { readAmount, readCount, writeAmount } from "./amount";

describe("readAmount", () => {
  it("takes a point or a comma before the cents", () => {
    expect(readAmount("12.50", "EUR")).toBe(1250);
    expect(readAmount("12,5", "EUR")).toBe(1250);
    expect(readAmount(" 7 ", "EUR")).toBe(700);
  });

  it("takes groups of thousands of either kind", () => {
    expect(readAmount("1,234.50", "EUR")).toBe(123450);
    expect(readAmount("1.234,50", "EUR")).toBe(123450);
    expect(readAmount("1.234", "EUR")).toBe(123400);
    expect(readAmount("1,23,456", "INR")).toBe(12345600);
  });

  it("knows currencies without cents and with three decimals", () => {
    expect(readAmount("1200", "JPY")).toBe(1200);
    expect(readAmount("1,200", "JPY")).toBe(1200);
    expect(readAmount("1.250", "KWD")).toBe(1250);
  });

  it("reads the digits of Hindi", () => {
    expect(readAmount("१२.५०", "INR")).toBe(1250);
  });

  it("refuses what is no amount", () => {
    for (const text of ["", "-5", "abc", "1.2345", "12€", "9".repeat(20)]) {
      expect(readAmount(text, "EUR")).toBeNull();
    }
  });

  it("takes nothing for an amount only where that may be: a gift has a price, a sale has not", () => {
    expect(readAmount("0", "EUR")).toBe(0);
    expect(readAmount("0,00", "EUR")).toBe(0);
    expect(readAmount("0", "EUR", 1)).toBeNull();
  });
});

describe("writeAmount and readCount", () => {
  it("write an amount as one would type it", () => {
    expect(writeAmount(125_050, "EUR", "en-GB")).toBe("1250.50");
    expect(writeAmount(125_050, "EUR", "de-DE")).toBe("1250,50");
    expect(writeAmount(1200, "JPY", "en")).toBe("1200");
  });

  it("write an amount that is read as the same", () => {
    for (const locale of ["en-GB", "de-DE", "hi-IN"]) {
      for (const currency of ["EUR", "JPY"]) {
        expect(readAmount(writeAmount(123_456, currency, locale), currency)).toBe(123_456);
      }
    }
  });

  it("take pieces, and parts of one", () => {
    expect(readCount("12")).toBe(12);
    expect(readCount("7,5")).toBe(7.5);
    expect(readCount("many")).toBeNull();
  });
});
