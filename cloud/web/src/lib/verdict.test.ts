import { expect, it } from "vitest";
import { cautionOf } from "./verdict";

it("is silent only when the signal is good", () => {
  expect(cautionOf("signal")).toBeNull();
  expect(cautionOf("weak signal")).toBe("weak");
  expect(cautionOf("no reliable signal")).toBe("none");
  expect(cautionOf("too little data")).toBe("little");
});

it("trusts no verdict that it does not know", () => {
  expect(cautionOf("splendid")).toBe("none");
});
