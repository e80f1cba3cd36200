import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listDevices, listLatestPurchases } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { useShop } from "../session/shop";
import { type ShopFacts, type Step, settledSteps, settleStep } from "./first-run";
import { useProfile } from "./use-shop-profile";

const LATEST = 10;

/** What the shop has of its first steps; null until it is known. */
export function useFirstRun() {
  const { shop } = useShop();
  const profile = useProfile();
  const devices = useQuery({
    queryKey: queryKeys.devices(shop.id),
    queryFn: () => listDevices(shop.id),
  });
  const latest = useQuery({
    queryKey: queryKeys.purchases(shop.id),
    queryFn: () => listLatestPurchases(shop.id, LATEST),
  });
  const [settled, setSettled] = useState(() => settledSteps(shop.id));
  const settle = (step: Step) => {
    settleStep(shop.id, step);
    setSettled(settledSteps(shop.id));
  };
  const isKnown = profile.data && devices.data && latest.data;
  const facts: ShopFacts | null = isKnown
    ? {
        hasHours: profile.data.opening_hours !== null,
        hasSales: latest.data.items.length > 0,
        hasDevice: devices.data.items.length > 0,
      }
    : null;
  const asked = [profile, devices, latest];
  const error = asked.find((one) => one.error)?.error ?? null;
  const retry = () => {
    for (const one of asked) if (one.error) void one.refetch();
  };
  return { facts, settled, settle, error, retry, whatsappUrl: profile.data?.whatsapp_share_url };
}
