/** How a board signs in; the password is shown this once. */

import type { Credential } from "../api/types";
import { t } from "../i18n/i18n";
import css from "./credential.module.css";
import { Notice } from "./states";

export function CredentialOnce({ credential }: { credential: Credential }) {
  const rows = [
    [t("devices.host"), `${credential.mqtt_host}:${credential.mqtt_port}`],
    [t("devices.username"), credential.username],
    [t("register.password"), credential.password],
  ] as const;
  return (
    <section aria-label={t("devices.credential")}>
      <Notice tone="warning">{t("devices.once")}</Notice>
      <dl className={css.credential}>
        {rows.map(([label, value]) => (
          <div key={label} className={css.pair ?? ""}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
