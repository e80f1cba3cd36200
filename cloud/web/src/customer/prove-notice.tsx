/** Asks for the proof of a contact where none is proven, until there is one. */

import { Link } from "react-router";
import type { Person } from "../api/types";
import { Notice } from "../components/states";
import { t } from "../i18n/i18n";

export function ProveNotice({ person }: { person: Person }) {
  const contact = person.email ?? person.phone;
  // what this device remembers names no contact: then nothing is known yet
  if (!contact || person.verified.length > 0) return null;
  return (
    <Notice tone="info">
      <p>
        {t("my.notice.text")} <Link to="/my/account">{t("my.notice.action")}</Link>
      </p>
    </Notice>
  );
}
