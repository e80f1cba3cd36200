import { expect, it } from "vitest";
import { csvOf } from "./csv";

it("quotes what would break a row", () => {
  expect(csvOf(["a", "b"], [['say "hi"', "x,y"]])).toBe('a,b\r\n"say ""hi""","x,y"');
});

it("takes the sting out of formulas but leaves numbers alone", () => {
  expect(csvOf(["a", "b"], [["=1+1", -5]])).toBe("a,b\r\n'=1+1,-5");
  expect(csvOf(["phone"], [["+49 30 1"]])).toBe("phone\r\n'+49 30 1");
});
