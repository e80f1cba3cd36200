/** Tables as CSV files that a spreadsheet opens without running anything in them. */

type Cell = string | number | null | undefined;

const FORMULA = /^[=+\-@\t\r]/;

export function csvOf(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => row.map(cellOf).join(",")).join("\r\n");
}

function cellOf(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  const text = cell ?? "";
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
