/** Asks for the proof of a contact where none is proven, until there is one or it is put off. */

import { useState } from "react";
import { Link } from "react-router";
import type { Person } from "../api/types";
import { Button } from "../components/button";
import { Notice } from "../components/states";
import { t } from "../i18n/i18n";
import { isPutOff, putOff } from "./put-off";

interface ProveNoticeProps {
  person: Person;
  /** Whether it may be put off for a week: where one comes every day. */
  canWait?: boolean;
}

export function ProveNotice({ person, canWait = false }: ProveNoticeProps) {
  const [isLater, setLater] = useState(() => canWait && isPutOff(new Date()));
  const contact = person.email ?? person.phone;
  // what this device remembers names no contact: then nothing is known yet
  if (!contact || person.verified.length > 0 || isLater) return null;
  const later = () => {
    putOff(new Date());
    setLater(true);
  };
  return (
    <Notice tone="info">
      <p>
        {t("my.notice.text")} <Link to="/my/account">{t("my.notice.action")}</Link>
      </p>
      {canWait && (
        <Button look="quiet" onClick={later}>
          {t("my.notice.later")}
        </Button>
      )}
    </Notice>
  );
}
