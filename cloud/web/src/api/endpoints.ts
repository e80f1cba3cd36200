/** What the pages ask of the server. */

import { api } from "./client";
import type { CustomerQuery, ImportRun, NewPurchase, NewShop, ShopChange } from "./types";

const PAGE_OF_DETAILS = 20;

export const signIn = (login: string, password: string) =>
  api.signIn("/api/v1/tokens", { body: { login, password } });

export const register = (body: { name: string; email: string; password: string }) =>
  api.signIn("/api/v1/register", { body });

export const getMe = () => api.get("/api/v1/me", {});

export const createShop = (body: NewShop) => api.post("/api/v1/shops", { body });

export const getShop = (shop_id: string) =>
  api.get("/api/v1/shops/{shop_id}", { path: { shop_id } });

export const changeShop = (shop_id: string, body: ShopChange) =>
  api.patch("/api/v1/shops/{shop_id}", { path: { shop_id }, body });

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

export const uploadImport = (shop_id: string, file: File) => {
  const body = new FormData();
  body.append("file", file);
  return api.post("/api/v1/shops/{shop_id}/imports", { path: { shop_id }, body });
};

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
