import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { changeShop, getShop } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { Shop, ShopChange } from "../api/types";
import { useShop } from "../session/shop";

/** The profile of the current shop. */
export function useProfile() {
  const { shop } = useShop();
  return useQuery({ queryKey: queryKeys.profile(shop.id), queryFn: () => getShop(shop.id) });
}

/** Change the profile; what the server made of it is shown at once everywhere. */
export function useProfileChange() {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (change: ShopChange) => changeShop(shop.id, change),
    onSuccess: (changed: Shop) => {
      queryClient.setQueryData(queryKeys.profile(shop.id), changed);
      void queryClient.invalidateQueries({ queryKey: queryKeys.me });
    },
  });
}
