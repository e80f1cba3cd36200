import { expect, it } from "vitest";
import { deviceName } from "./user-agent";

it("names browser and system", () => {
  const phone =
    "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36";
  expect(deviceName(phone)).toBe("Chrome, Android");
  expect(deviceName("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko Firefox/120.0")).toBe(
    "Firefox, Linux",
  );
  const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1";
  expect(deviceName(iphone)).toBe("Safari, iOS");
});

it("says nothing of what it does not know", () => {
  expect(deviceName("curl/8")).toBeNull();
  expect(deviceName(null)).toBeNull();
});
