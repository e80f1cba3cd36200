import { describe, expect, it } from "vitest";
import { PRESETS, readWeek, writeWeek } from "./hours";

describe("opening hours", () => {
  it("come back as they were written", () => {
    for (const text of [...Object.values(PRESETS), "Mo 09:00-12:30,14:00-18:00; Fr 10:00-02:00"]) {
      const week = readWeek(text);
      expect(week && writeWeek(week)).toBe(text);
    }
  });

  it("let a later rule win, as OSM does", () => {
    const week = readWeek("Mo-Su 08:00-20:00; We off");
    expect(week?.We).toEqual([]);
    expect(week?.Th).toEqual([{ from: "08:00", to: "20:00" }]);
  });

  it("of every day need no days", () => {
    expect(readWeek("09:00-17:00")?.Su).toEqual([{ from: "09:00", to: "17:00" }]);
  });

  it("that say more than a week are left to who wrote them", () => {
    for (const text of [
      "PH off",
      "Mo-Fr sunrise-sunset",
      "Dec 24 off",
      "24/7",
      "Fr-Mo 09:00-18:00",
    ]) {
      expect(readWeek(text)).toBeNull();
    }
  });
});
