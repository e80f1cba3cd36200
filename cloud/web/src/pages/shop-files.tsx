/** What a shop takes home: its poster, and its data. */

import { useMutation } from "@tanstack/react-query";
import { exportFile, posterFile } from "../api/endpoints";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { LineAnchor } from "../components/line-link";
import { FormError } from "../components/states";
import { t } from "../i18n/i18n";
import { saveFile } from "../lib/save-file";
import { dateIn } from "../lib/shop-clock";
import { useShop } from "../session/shop";
import css from "./shop.module.css";

const NOUNS = ["customers", "purchases", "products", "scores"] as const;
const ENDINGS = ["pdf", "svg"] as const;

export function Poster({ whatsappUrl }: { whatsappUrl: string | undefined }) {
  const { shop } = useShop();
  const mutation = useMutation({
    mutationFn: async (ending: (typeof ENDINGS)[number]) =>
      saveFile(`poster-${shop.slug}.${ending}`, await posterFile(shop.id, ending)),
  });
  return (
    <>
      <p className={css.actionRow}>
        {ENDINGS.map((ending) => (
          <Button
            key={ending}
            look="quiet"
            disabled={mutation.isPending}
            onClick={() => mutation.mutate(ending)}
          >
            {t(`shop.poster.${ending}`)}
          </Button>
        ))}
        {whatsappUrl && (
          <LineAnchor href={whatsappUrl} target="_blank" rel="noreferrer">
            {t("app.whatsapp")}
          </LineAnchor>
        )}
      </p>
      <FormError error={mutation.error} />
    </>
  );
}

export function Exports() {
  const { shop } = useShop();
  const mutation = useMutation({
    mutationFn: async (noun: (typeof NOUNS)[number]) => {
      const date = dateIn(shop.time_zone, new Date());
      saveFile(`${shop.slug}-${noun}-${date}.csv`, await exportFile(shop.id, noun));
    },
  });
  return (
    <Card title={t("shop.exports.title")}>
      <p>{t(shop.role === "analyst" ? "shop.exports.nameless" : "shop.exports.what")}</p>
      <p className={css.actionRow}>
        {NOUNS.map((noun) => (
          <Button
            key={noun}
            look="quiet"
            disabled={mutation.isPending}
            onClick={() => mutation.mutate(noun)}
          >
            {t(`shop.exports.${noun}`)}
          </Button>
        ))}
      </p>
      <FormError error={mutation.error} />
    </Card>
  );
}
