/** Amounts as people type them at a counter. */

const LARGEST_MINOR = 1e11;

/** Minor units of a currency per major: 100 for EUR, 1 for JPY, 1000 for KWD. */
export function minorPerMajor(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
}

/**
 * "12,50", "12.5" or "1.234,50" in minor units; null when it is no amount from the least on. The
 * last mark is the decimal one, unless the digits after it can only be a group of thousands.
 */
export function readAmount(text: string, currency: string, leastMinor = 0): number | null {
  const typed = latinDigits(text).replace(/[\s\u00a0\u202f'’]/g, "");
  if (!/^\d[\d.,]*$/.test(typed)) return null;
  const perMajor = minorPerMajor(currency);
  const decimals = Math.log10(perMajor);
  const mark = Math.max(typed.lastIndexOf("."), typed.lastIndexOf(","));
  const after = mark < 0 ? "" : typed.slice(mark + 1);
  const isFraction = mark >= 0 && after.length <= decimals;
  if (mark >= 0 && !isFraction && after.length !== 3) return null;
  const whole = (isFraction ? typed.slice(0, mark) : typed).replace(/[.,]/g, "");
  const fraction = isFraction ? after.padEnd(decimals, "0") : "0".repeat(decimals);
  const minor = Number(whole + fraction);
  return minor >= leastMinor && minor <= LARGEST_MINOR ? minor : null;
}

/** Minor units as one would type them: 1250 is "12.50", and "12,50" in German. */
export function writeAmount(minor: number, currency: string, locale: string): string {
  const perMajor = minorPerMajor(currency);
  const decimals = Math.log10(perMajor);
  const format = new Intl.NumberFormat(locale, {
    useGrouping: false,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return format.format(minor / perMajor);
}

/** A number of pieces such as "12" or "7,5"; null when it is none. */
export function readCount(text: string): number | null {
  const typed = latinDigits(text).trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(typed) ? Number(typed) : null;
}

const DIGIT_BLOCKS = [0x0660, 0x06f0, 0x0966]; // Arabic, Persian, Devanagari

function latinDigits(text: string): string {
  return [...text]
    .map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      const zero = DIGIT_BLOCKS.find((first) => code >= first && code <= first + 9);
      return zero === undefined ? letter : String(code - zero);
    })
    .join("");
}
