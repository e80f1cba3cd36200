import { describe, expect, it } from "vitest";
import { createFormats } from "./formats";

const berlin = createFormats("en-GB", "EUR", "Europe/Berlin");

describe("money", () => {
  it("divides by the minor units that the currency has", () => {
    expect(berlin.money(1234)).toBe("€12.34");
    expect(createFormats("en", "JPY", "Asia/Tokyo").money(1234)).toBe("¥1,234");
    expect(createFormats("en", "KWD", "Asia/Kuwait").money(1234)).toBe("KWD\u00a01.234");
  });

  it("leaves the minor part out of large figures", () => {
    expect(berlin.wholeMoney(1_824_049)).toBe("€18,240");
  });

  it("groups digits as the reader's language does", () => {
    expect(createFormats("hi-IN", "INR", "Asia/Kolkata").money(12_345_600)).toBe("₹1,23,456.00");
  });
});

describe("times", () => {
  const now = new Date("2026-11-20T10:00:00Z");

  it("are those of the shop, not of the reader", () => {
    expect(berlin.time("2026-11-20T08:04:00Z")).toBe("09:04");
    expect(createFormats("en-GB", "INR", "Asia/Kolkata").time("2026-11-20T08:04:00Z")).toBe(
      "13:34",
    );
  });

  it("name the weekday when it was not today, and the date when it was long ago", () => {
    expect(berlin.since("2026-11-20T08:04:00Z", now)).toBe("09:04");
    expect(berlin.since("2026-11-17T08:04:00Z", now)).toBe("Tue 09:04");
    expect(berlin.since("2026-10-02T08:04:00Z", now)).toBe("2 Oct, 10:04");
  });

  it("count days by the shop's calendar, not by whole days that have passed", () => {
    expect(berlin.daysAgo("2026-11-11T16:00:00Z", now)).toBe("9 days ago");
    expect(berlin.daysAgo("2026-11-19T22:59:00Z", now)).toBe("yesterday");
    expect(berlin.daysAgo("2026-11-19T23:01:00Z", now)).toBe("today");
  });

  it("change the day at the shop's midnight", () => {
    const justAfterMidnight = new Date("2026-11-19T23:30:00Z");
    expect(berlin.since("2026-11-19T22:30:00Z", justAfterMidnight)).toBe("Thu 23:30");
  });

  it("say how long ago in the largest whole unit", () => {
    expect(berlin.ago("2026-11-20T09:59:31Z", now)).toBe("this minute");
    expect(berlin.ago("2026-11-20T09:57:00Z", now)).toBe("3 minutes ago");
    expect(berlin.ago("2026-11-20T07:30:00Z", now)).toBe("2 hours ago");
    expect(berlin.ago("2026-11-18T07:30:00Z", now)).toBe("2 days ago");
  });

  it("never lie in the future when the clocks differ a little", () => {
    expect(berlin.ago("2026-11-20T10:00:05Z", now)).toBe("this minute");
  });
});

describe("shares and days", () => {
  it("are whole", () => {
    expect(berlin.percent(0.305)).toBe("31%");
    expect(berlin.days(1)).toBe("1 day");
    expect(berlin.days(8.6)).toBe("9 days");
  });
});

it("many minutes are hours", () => {
  expect(berlin.minutes(119)).toBe("119 minutes");
  expect(berlin.minutes(660)).toBe("11 hours");
});

it("a calendar date is that day in every zone", () => {
  const ny = createFormats("en-GB", "USD", "America/New_York");
  expect(ny.calendarDate("2026-03-14")).toBe("14 Mar 2026");
  expect(berlin.calendarDate("2026-03-14")).toBe("14 Mar 2026");
});
