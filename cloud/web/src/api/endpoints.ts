/** What the pages ask of the server. */

import { api } from "./client";
import type {
  AuditQuery,
  Command,
  CustomerChange,
  CustomerQuery,
  ImportKind,
  ImportPreviewQuery,
  ImportRun,
  NewConsent,
  NewCorrection,
  NewException,
  NewOutreach,
  NewOverride,
  NewPurchase,
  NewShop,
  ProductChange,
  Role,
  ShopChange,
  WhatIfQuery,
} from "./types";

const PAGE_OF_DETAILS = 20;
const LATEST_COMMANDS = 5;

export const signIn = (login: string, password: string) =>
  api.signIn("/api/v1/tokens", { body: { login, password } });

export const register = (body: { name: string; email: string; password: string }) =>
  api.signIn("/api/v1/register", { body });

export const askForPasswordReset = (login: string) =>
  api.post("/api/v1/password-resets", { body: { login } });

export const setNewPassword = (code: string, password: string) =>
  api.post("/api/v1/password-resets/confirm", { body: { code, password } });

export const acceptInvitation = (code: string) =>
  api.post("/api/v1/invitations/accept", { body: { code } });

export const listSessions = () => api.get("/api/v1/me/sessions", {});

export const endSession = (session_id: string) =>
  api.delete("/api/v1/me/sessions/{session_id}", { path: { session_id } });

export const getMe = () => api.get("/api/v1/me", {});

export const createShop = (body: NewShop) => api.post("/api/v1/shops", { body });

export const getShop = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}", { path: { shop_id } });

export const changeShop = (shop_id: string, body: ShopChange) =>
  api.patch("/api/v1/shops/{shop_id}", { path: { shop_id }, body });

export const closeShop = (shop_id: string, name: string) =>
  api.delete("/api/v1/shops/{shop_id}", { path: { shop_id }, body: { name } });

export const reopenShop = (shop_id: string) =>
  api.post("/api/v1/shops/{shop_id}/reopen", { path: { shop_id } });

export const listDevices = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/devices", { path: { shop_id } });

export const createDevice = (shop_id: string, name: string) =>
  api.post("/api/v1/shops/{shop_id}/devices", { path: { shop_id }, body: { name } });

export const getLive = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/live", { path: { shop_id } });

export const openLiveStream = (
  shop_id: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => api.open("/api/v1/shops/{shop_id}/live/stream", { path: { shop_id }, headers, signal });

export const getToday = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/today", { path: { shop_id } });

export const getScores = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/scores", { path: { shop_id } });

export const listCustomers = (shop_id: string, query: CustomerQuery) =>
  api.get("/api/v1/shops/{shop_id}/customers", { path: { shop_id }, query });

export const getCustomer = (shop_id: string, customer_id: string) =>
  api.get("/api/v1/shops/{shop_id}/customers/{customer_id}", { path: { shop_id, customer_id } });

export const listPurchasesOf = (shop_id: string, customer_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/customers/{customer_id}/purchases", {
    path: { shop_id, customer_id },
    query: { cursor, limit: PAGE_OF_DETAILS },
  });

export const listImports = (shop_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/imports", {
    path: { shop_id },
    query: { cursor, limit: PAGE_OF_DETAILS },
  });

export const getImport = (shop_id: string, import_id: string) =>
  api.get("/api/v1/shops/{shop_id}/imports/{import_id}", { path: { shop_id, import_id } });

export const uploadImport = (shop_id: string, kind: ImportKind, file: File) => {
  const body = new FormData();
  body.append("file", file);
  return api.post("/api/v1/shops/{shop_id}/imports", { path: { shop_id }, query: { kind }, body });
};

export const previewImport = (shop_id: string, import_id: string, query: ImportPreviewQuery) =>
  api.get("/api/v1/shops/{shop_id}/imports/{import_id}/preview", {
    path: { shop_id, import_id },
    query,
  });

export const runImport = (shop_id: string, import_id: string, body: ImportRun) =>
  api.post("/api/v1/shops/{shop_id}/imports/{import_id}/run", {
    path: { shop_id, import_id },
    body,
  });

export const listRejectedRows = (shop_id: string, import_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/imports/{import_id}/rows", {
    path: { shop_id, import_id },
    query: { outcome: "rejected", cursor, limit: PAGE_OF_DETAILS },
  });

export const createPurchase = (shop_id: string, body: NewPurchase) =>
  api.post("/api/v1/shops/{shop_id}/purchases", { path: { shop_id }, body });

export const listLatestPurchases = (shop_id: string, limit: number) =>
  api.get("/api/v1/shops/{shop_id}/purchases", { path: { shop_id }, query: { limit } });

export const listStaff = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/staff", { path: { shop_id } });

export const letGo = (shop_id: string, person_id: string) =>
  api.delete("/api/v1/shops/{shop_id}/staff/{person_id}", { path: { shop_id, person_id } });

export const listInvitations = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/invitations", { path: { shop_id } });

export const invite = (shop_id: string, role: Role) =>
  api.post("/api/v1/shops/{shop_id}/invitations", { path: { shop_id }, body: { role } });

export const withdrawInvitation = (shop_id: string, invitation_id: string) =>
  api.delete("/api/v1/shops/{shop_id}/invitations/{invitation_id}", {
    path: { shop_id, invitation_id },
  });

export const sayOpenOrClosed = (shop_id: string, body: NewOverride) =>
  api.post("/api/v1/shops/{shop_id}/override", { path: { shop_id }, body });

export const endOverride = (shop_id: string) =>
  api.delete("/api/v1/shops/{shop_id}/override", { path: { shop_id } });

export const listExceptions = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/exceptions", { path: { shop_id } });

export const setException = (shop_id: string, body: NewException) =>
  api.post("/api/v1/shops/{shop_id}/exceptions", { path: { shop_id }, body });

export const removeException = (shop_id: string, date: string) =>
  api.delete("/api/v1/shops/{shop_id}/exceptions/{date}", { path: { shop_id, date } });

export const listSites = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/sites", { path: { shop_id } });

export const correctCount = (shop_id: string, site_id: string, body: NewCorrection) =>
  api.post("/api/v1/shops/{shop_id}/sites/{site_id}/corrections", {
    path: { shop_id, site_id },
    body,
  });

export const getDay = (shop_id: string, date: string | null) =>
  api.get("/api/v1/shops/{shop_id}/timeline", { path: { shop_id }, query: { date } });

export const getFootfall = (shop_id: string, date: string | null) =>
  api.get("/api/v1/shops/{shop_id}/footfall", { path: { shop_id }, query: { date } });

export const getTypicalWeek = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/typical-week", { path: { shop_id } });

export const listPastWeeks = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/past-weeks", { path: { shop_id } });

export const createClaim = (shop_id: string, name: string) =>
  api.post("/api/v1/shops/{shop_id}/claims", { path: { shop_id }, body: { name } });

export const rotateCredential = (shop_id: string, device_id: string) =>
  api.post("/api/v1/shops/{shop_id}/devices/{device_id}/credential", {
    path: { shop_id, device_id },
  });

export const removeDevice = (shop_id: string, device_id: string) =>
  api.delete("/api/v1/shops/{shop_id}/devices/{device_id}", { path: { shop_id, device_id } });

export const listRejections = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/rejections", { path: { shop_id } });

export const addCustomer = (shop_id: string, body: CustomerChange) =>
  api.post("/api/v1/shops/{shop_id}/customers", { path: { shop_id }, body });

export const changeCustomer = (shop_id: string, customer_id: string, body: CustomerChange) =>
  api.patch("/api/v1/shops/{shop_id}/customers/{customer_id}", {
    path: { shop_id, customer_id },
    body,
  });

export const listHappenings = (shop_id: string, customer_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/customers/{customer_id}/timeline", {
    path: { shop_id, customer_id },
    query: { cursor, limit: PAGE_OF_DETAILS },
  });

export const addNote = (shop_id: string, customer_id: string, text: string) =>
  api.post("/api/v1/shops/{shop_id}/customers/{customer_id}/notes", {
    path: { shop_id, customer_id },
    body: { text },
  });

export const removeNote = (shop_id: string, customer_id: string, note_id: string) =>
  api.delete("/api/v1/shops/{shop_id}/customers/{customer_id}/notes/{note_id}", {
    path: { shop_id, customer_id, note_id },
  });

export const listConsents = (shop_id: string, customer_id: string) =>
  api.get("/api/v1/shops/{shop_id}/customers/{customer_id}/consents", {
    path: { shop_id, customer_id },
  });

export const addConsent = (shop_id: string, customer_id: string, body: NewConsent) =>
  api.post("/api/v1/shops/{shop_id}/customers/{customer_id}/consents", {
    path: { shop_id, customer_id },
    body,
  });

export const undoImport = (shop_id: string, import_id: string) =>
  api.post("/api/v1/shops/{shop_id}/imports/{import_id}/undo", { path: { shop_id, import_id } });

export const fileOfRejectedRows = (shop_id: string, import_id: string) =>
  api.file("/api/v1/shops/{shop_id}/imports/{import_id}/rejected", {
    path: { shop_id, import_id },
  });

export const exportFile = (
  shop_id: string,
  noun: "customers" | "purchases" | "products" | "scores",
) => api.file(`/api/v1/shops/{shop_id}/exports/${noun}`, { path: { shop_id } });

export const posterFile = (shop_id: string, ending: "pdf" | "svg") =>
  api.file(`/api/v1/shops/{shop_id}/poster.${ending}`, { path: { shop_id } });

export const getInsights = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/insights", { path: { shop_id } });

export const getScoreboard = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/scoreboard", { path: { shop_id } });

export const listMoves = (shop_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/moves", {
    path: { shop_id },
    query: { cursor, limit: PAGE_OF_DETAILS },
  });

export const listTiers = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/tiers", { path: { shop_id } });

export const changeTiers = (shop_id: string, rewards: Record<string, string | null>) =>
  api.patch("/api/v1/shops/{shop_id}/tiers", { path: { shop_id }, body: { rewards } });

export const listReports = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/reports", { path: { shop_id } });

export const reportFile = (shop_id: string, month: string) =>
  api.file("/api/v1/shops/{shop_id}/reports/{month}", { path: { shop_id, month } });

export const askWhatIf = (shop_id: string, query: WhatIfQuery) =>
  api.get("/api/v1/shops/{shop_id}/what-if", { path: { shop_id }, query });

export const listPlatformShops = () => api.get("/api/v1/platform/shops", {});
export const listPlatformDevices = () => api.get("/api/v1/platform/devices", {});
export const listJobs = () => api.get("/api/v1/platform/jobs", {});
export const listPlatformRejections = () => api.get("/api/v1/platform/rejections", {});

export const noteOutreach = (shop_id: string, customer_id: string, body: NewOutreach) =>
  api.post("/api/v1/shops/{shop_id}/customers/{customer_id}/outreach", {
    path: { shop_id, customer_id },
    body,
  });

export const getBundles = (shop_id: string, withTriples: boolean) =>
  api.get("/api/v1/shops/{shop_id}/bundles", {
    path: { shop_id },
    query: withTriples ? { with_triples: true } : {},
  });

export const listDuplicates = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/duplicates", { path: { shop_id } });

export const listMerges = (shop_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/merges", {
    path: { shop_id },
    query: { cursor, limit: PAGE_OF_DETAILS },
  });

export const keepApart = (shop_id: string, customer_id: string, other_id: string) =>
  api.put("/api/v1/shops/{shop_id}/customers/{customer_id}/two-people/{other_id}", {
    path: { shop_id, customer_id, other_id },
  });

export const suggestAgain = (shop_id: string, customer_id: string, other_id: string) =>
  api.delete("/api/v1/shops/{shop_id}/customers/{customer_id}/two-people/{other_id}", {
    path: { shop_id, customer_id, other_id },
  });

export const mergeCustomers = (shop_id: string, survivor_id: string, duplicate_id: string) =>
  api.post("/api/v1/shops/{shop_id}/merges", {
    path: { shop_id },
    body: { survivor_id, duplicate_id },
  });

export const undoMerge = (shop_id: string, merge_id: string) =>
  api.post("/api/v1/shops/{shop_id}/merges/{merge_id}/undo", { path: { shop_id, merge_id } });

export const listProducts = (shop_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/products", { path: { shop_id }, query: { cursor } });

export const changeProduct = (shop_id: string, product_id: string, body: ProductChange) =>
  api.patch("/api/v1/shops/{shop_id}/products/{product_id}", {
    path: { shop_id, product_id },
    body,
  });

export const listAudit = (shop_id: string, query: AuditQuery) =>
  api.get("/api/v1/shops/{shop_id}/audit", { path: { shop_id }, query });

export const listCommands = (shop_id: string, device_id: string) =>
  api.get("/api/v1/shops/{shop_id}/devices/{device_id}/commands", {
    path: { shop_id, device_id },
    query: { limit: LATEST_COMMANDS },
  });

export const askBoard = (shop_id: string, device_id: string, name: Command["name"]) =>
  api.post("/api/v1/shops/{shop_id}/devices/{device_id}/commands", {
    path: { shop_id, device_id },
    body: { name },
  });

export const getScoring = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}/scoring", { path: { shop_id } });

export const askForScores = (shop_id: string) =>
  api.post("/api/v1/shops/{shop_id}/scores", { path: { shop_id } });
