import { expect, it } from "vitest";
import { returnedCustomers } from "./insights";

it("counts those who came back, or nobody where it is not known", () => {
  expect(returnedCustomers({ customers: 40, repeat_share: 0.15 })).toBe(6);
  expect(returnedCustomers({ customers: 40, repeat_share: null })).toBe(0);
});
