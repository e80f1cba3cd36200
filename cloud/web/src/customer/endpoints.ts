/** What the pages of customers ask of the server. */

import { api } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type JoinedShop = Schemas["JoinedShop"];
export type JoinedShopDetails = Schemas["JoinedShopDetails"];
export type PublicShop = Schemas["PublicShop"];
export type Happening = Schemas["Happening"];
export type FeedbackItem = Schemas["FeedbackItem"];
export type Said = Schemas["Said"];
export type Channel = Schemas["MyConsent"]["channel"];
export type Mood = NonNullable<Schemas["MyFeedback"]["mood"]>;

const PAGE = 20;

export const keys = {
  all: ["my"] as const,
  shops: ["my", "shops"] as const,
  shop: (id: string) => ["my", "shop", id] as const,
  timeline: (id: string) => ["my", "shop", id, "timeline"] as const,
  public: (slug: string) => ["my", "public", slug] as const,
  feedback: (shopId: string, isAnswered: boolean) =>
    ["shop", shopId, "feedback", isAnswered] as const,
  referrals: (shopId: string) => ["shop", shopId, "referrals"] as const,
};

export const askForCode = (contact: string) => api.post("/api/v1/codes", { body: { contact } });

export const signInByCode = (body: { contact: string; code: string; name: string | null }) =>
  api.signIn("/api/v1/codes/confirm", { body });

export const confirmContact = (contact: string, code: string) =>
  api.post("/api/v1/me/contacts", { body: { contact, code } });

export const listMyShops = () => api.get("/api/v1/me/shops", {});

export const getPublicShop = (slug: string) =>
  api.get("/api/v1/public/shops/{slug}", { path: { slug } });

export const joinShop = (body: {
  slug: string;
  consents: Channel[];
  wording: string | null;
  referral_code: string | null;
}) => api.post("/api/v1/me/shops", { body });

export const getMyShop = (shop_id: string) =>
  api.get("/api/v1/me/shops/{shop_id}", { path: { shop_id } });

export const getMyTimeline = (shop_id: string, cursor: string | null) =>
  api.get("/api/v1/me/shops/{shop_id}/timeline", {
    path: { shop_id },
    query: { cursor, limit: PAGE },
  });

export const switchChannel = (
  shop_id: string,
  body: { channel: Channel; action: "grant" | "withdraw"; wording: string },
) => api.post("/api/v1/me/shops/{shop_id}/consents", { path: { shop_id }, body });

export const sayToday = (shop_id: string, body: Said) =>
  api.put("/api/v1/me/shops/{shop_id}/feedback/today", { path: { shop_id }, body });

export const leaveShop = (shop_id: string) =>
  api.delete("/api/v1/me/shops/{shop_id}", { path: { shop_id } });

export const exportMyShop = (shop_id: string) =>
  api.file("/api/v1/me/shops/{shop_id}/export", { path: { shop_id } });

export const eraseMeAtShop = (shop_id: string) =>
  api.put("/api/v1/me/shops/{shop_id}/erasure", { path: { shop_id } });

export const exportMe = () => api.file("/api/v1/me/export", {});

export const eraseMe = (contact: string, code: string) =>
  api.put("/api/v1/me/erasure", { body: { contact, code } });

export const listFeedback = (shop_id: string, isAnswered: boolean, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/feedback", {
    path: { shop_id },
    query: { answered: isAnswered, cursor, limit: PAGE },
  });

export const answerFeedback = (shop_id: string, feedback_id: string, text: string) =>
  api.put("/api/v1/shops/{shop_id}/feedback/{feedback_id}/answer", {
    path: { shop_id, feedback_id },
    body: { text },
  });

export const listReferrals = (shop_id: string, cursor: string | null) =>
  api.get("/api/v1/shops/{shop_id}/referrals", {
    path: { shop_id },
    query: { cursor, limit: PAGE },
  });

export const exportCustomer = (shop_id: string, customer_id: string) =>
  api.file("/api/v1/shops/{shop_id}/customers/{customer_id}/export", {
    path: { shop_id, customer_id },
  });

export const eraseCustomer = (shop_id: string, customer_id: string) =>
  api.delete("/api/v1/shops/{shop_id}/customers/{customer_id}", {
    path: { shop_id, customer_id },
  });
