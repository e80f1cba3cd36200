/** For who looks after the installation: the way there, from every account page. */

import { Link } from "react-router";
import type { Me } from "../api/types";
import { t } from "../i18n/i18n";
import { Card } from "./card";
import css from "./card.module.css";

export function PlatformCard({ me }: { me: Me }) {
  if (!me.is_admin) return null;
  return (
    <Card title={t("account.platform")}>
      <Link to="/platform" className={css.way}>
        {t("account.platformLink")}
      </Link>
    </Card>
  );
}
