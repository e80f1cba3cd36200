/** For who looks after the installation: the way there, from every account page. */

import type { Me } from "../api/types";
import { t } from "../i18n/i18n";
import { Card } from "./card";
import { LineLink } from "./line-link";

export function PlatformCard({ me }: { me: Me }) {
  if (!me.is_admin) return null;
  return (
    <Card title={t("account.platform")}>
      <LineLink to="/platform">{t("account.platformLink")}</LineLink>
    </Card>
  );
}
