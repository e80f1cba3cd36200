/** The report of each month, to print or to send on. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { listReports, reportFile } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { saveFile } from "../lib/save-file";
import { useShop } from "../session/shop";
import css from "./insights.module.css";

export function Reports() {
  const { shop, formats } = useShop();
  const reports = useQuery({
    queryKey: queryKeys.reports(shop.id),
    queryFn: () => listReports(shop.id),
  });
  const save = useMutation({
    mutationFn: async (month: string) =>
      saveFile(`${shop.slug}-${month}.pdf`, await reportFile(shop.id, month)),
  });
  return (
    <Card title={t("reports.title")}>
      {reports.isPending && <Loading />}
      {reports.isError && !reports.data && (
        <Failed error={reports.error} onRetry={() => void reports.refetch()} />
      )}
      {reports.data?.items.length === 0 && <p>{t("reports.none")}</p>}
      <ul className={css.moves}>
        {reports.data?.items.map(({ month }) => (
          <li key={month} className={css.report}>
            <span>{formats.month(`${month}-01`)}</span>
            <Button
              look="quiet"
              aria-label={t("reports.saveOf", { month: formats.month(`${month}-01`) })}
              disabled={save.isPending}
              onClick={() => save.mutate(month)}
            >
              {t("reports.save")}
            </Button>
          </li>
        ))}
      </ul>
      <FormError error={save.error} />
    </Card>
  );
}
