/** The names under which answers are cached; everything of a shop begins with its id. */

import type { AuditQuery, CustomerQuery, ImportPreviewQuery } from "./types";

export const queryKeys = {
  me: ["me"] as const,
  platform: (noun: string) => ["platform", noun] as const,
  sessions: ["sessions"] as const,
  shop: (shopId: string) => ["shop", shopId] as const,
  live: (shopId: string) => ["shop", shopId, "live"] as const,
  today: (shopId: string) => ["shop", shopId, "today"] as const,
  profile: (shopId: string) => ["shop", shopId, "profile"] as const,
  devices: (shopId: string) => ["shop", shopId, "devices"] as const,
  purchases: (shopId: string) => ["shop", shopId, "purchases"] as const,
  scores: (shopId: string) => ["shop", shopId, "scores"] as const,
  insights: (shopId: string) => ["shop", shopId, "insights"] as const,
  scoreboard: (shopId: string) => ["shop", shopId, "scoreboard"] as const,
  moves: (shopId: string) => ["shop", shopId, "moves"] as const,
  tiers: (shopId: string) => ["shop", shopId, "tiers"] as const,
  whatIf: (shopId: string, customerId: string | null, figures: object) =>
    ["shop", shopId, "what-if", customerId, figures] as const,
  allBundles: (shopId: string) => ["shop", shopId, "bundles"] as const,
  bundles: (shopId: string, withTriples: boolean) =>
    ["shop", shopId, "bundles", withTriples] as const,
  reports: (shopId: string) => ["shop", shopId, "reports"] as const,
  customers: (shopId: string, filter: CustomerQuery) =>
    ["shop", shopId, "customers", filter] as const,
  customer: (shopId: string, customerId: string) =>
    ["shop", shopId, "customer", customerId] as const,
  purchasesOf: (shopId: string, customerId: string) =>
    ["shop", shopId, "customer", customerId, "purchases"] as const,
  duplicates: (shopId: string) => ["shop", shopId, "duplicates"] as const,
  merges: (shopId: string) => ["shop", shopId, "merges"] as const,
  products: (shopId: string) => ["shop", shopId, "products"] as const,
  audit: (shopId: string, query: AuditQuery) => ["shop", shopId, "audit", query] as const,
  commands: (shopId: string, deviceId: string) =>
    ["shop", shopId, "devices", deviceId, "commands"] as const,
  scoring: (shopId: string) => ["shop", shopId, "scoring"] as const,
  imports: (shopId: string) => ["shop", shopId, "imports"] as const,
  import: (shopId: string, importId: string) => ["shop", shopId, "imports", importId] as const,
  // not below the imports: what else changes in the shop says nothing new about a file
  importPreview: (shopId: string, importId: string, query: ImportPreviewQuery) =>
    ["shop", shopId, "import-preview", importId, query] as const,
  rejectedRows: (shopId: string, importId: string) =>
    ["shop", shopId, "imports", importId, "rejected"] as const,
  staff: (shopId: string) => ["shop", shopId, "staff"] as const,
  invitations: (shopId: string) => ["shop", shopId, "invitations"] as const,
  exceptions: (shopId: string) => ["shop", shopId, "exceptions"] as const,
  sites: (shopId: string) => ["shop", shopId, "sites"] as const,
  day: (shopId: string, date: string | null) => ["shop", shopId, "day", date] as const,
  footfall: (shopId: string, date: string | null) => ["shop", shopId, "footfall", date] as const,
  pastWeeks: (shopId: string) => ["shop", shopId, "past-weeks"] as const,
  typicalWeek: (shopId: string) => ["shop", shopId, "typical-week"] as const,
  rejections: (shopId: string) => ["shop", shopId, "rejections"] as const,
  happenings: (shopId: string, customerId: string) =>
    ["shop", shopId, "customer", customerId, "happenings"] as const,
  consents: (shopId: string, customerId: string) =>
    ["shop", shopId, "customer", customerId, "consents"] as const,
};
