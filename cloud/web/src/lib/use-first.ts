import { useState } from "react";

/** The first few of a list, and the rest once it is asked for. */
export function useFirst<Item>(items: readonly Item[], count: number) {
  const [isWhole, setWhole] = useState(false);
  return {
    shown: isWhole ? items : items.slice(0, count),
    hasMore: !isWhole && items.length > count,
    showWhole: () => setWhole(true),
  };
}
