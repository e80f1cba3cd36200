/** The few drawings of the client. They stand beside words, so readers of screens skip them. */

const PATHS = {
  bell: "M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6Zm-2.5 16a2.5 2.5 0 0 0 5 0",
  customers:
    "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 9c0-3.5 3-6 7-6s7 2.5 7 6M16 3.5a4 4 0 0 1 0 7.5m2 3.5c2.5.8 4 2.9 4 5.5",
  sale: "M12 5v14M5 12h14",
  insights: "M4 20V10m6 10V4m6 16v-7m5 7H2",
  shop: "M4 10v10h16V10M2.5 10 5 4h14l2.5 6zM9.5 20v-6h5v6",
  next: "M9 5l7 7-7 7",
  import: "M12 3v12m0 0-4.5-4.5M12 15l4.5-4.5M4 17v3h16v-3",
  warning: "M12 4 2.5 20h19L12 4Zm0 6v5m0 2.2v.3",
  alert: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v6m0 3.2v.3",
  check: "m5 12.5 4.5 4.5L19 7.5",
  up: "M12 19V5m0 0-6 6m6-6 6 6",
  steady: "M5 12h14",
  person: "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 10c0-4 3-7 7-7s7 3 7 7",
  back: "M15 5l-7 7 7 7",
  filter: "M3 6h18M7 12h10m-6 6h2",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 5 5",
  offline:
    "M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M8.5 16a5 5 0 0 1 5.5-1M12 19.7v.3M13 9.6a10 10 0 0 1 6 2.9M2 9a14 14 0 0 1 4.5-2.8M11 5a14 14 0 0 1 11 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
