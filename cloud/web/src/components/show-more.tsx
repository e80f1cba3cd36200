import { t } from "../i18n/i18n";
import { Button } from "./button";
import { FormError } from "./states";

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  error: Error | null;
}

/** The next page of a list, as long as there is one. */
export function ShowMore({ pages }: { pages: Pages }) {
  if (!pages.hasNextPage) return null;
  return (
    <>
      <FormError error={pages.error} />
      <Button
        look="quiet"
        disabled={pages.isFetchingNextPage}
        onClick={() => void pages.fetchNextPage()}
      >
        {pages.isFetchingNextPage ? t("app.loading") : t("app.showMore")}
      </Button>
    </>
  );
}
