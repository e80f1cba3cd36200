/** How the customers of a file agreed to be contacted with offers; nobody did, until it is said. */

import type { ImportConsent } from "../api/types";
import { Card } from "../components/card";
import { TextField } from "../components/field";
import { t } from "../i18n/i18n";
import css from "./import.module.css";

const CHANNELS = ["whatsapp", "sms", "email"] as const satisfies ImportConsent["channels"];

interface ConsentQuestionProps {
  consent: ImportConsent;
  onChange: (consent: ImportConsent) => void;
}

export function ConsentQuestion({ consent, onChange }: ConsentQuestionProps) {
  const { channels } = consent;
  return (
    <Card title={t("imports.consent.title")}>
      <p className={css.soft}>{t("imports.consent.lead")}</p>
      <fieldset className={css.channels}>
        <legend className="visually-hidden">{t("imports.consent.title")}</legend>
        {CHANNELS.map((channel) => (
          <label key={channel} className={css.channel}>
            <input
              type="checkbox"
              checked={channels.includes(channel)}
              onChange={(event) => {
                const others = channels.filter((one) => one !== channel);
                const chosen = event.target.checked ? [...others, channel] : others;
                onChange({ ...consent, channels: chosen });
              }}
            />
            {t("imports.consent.agreed", { channel: t(`consents.channels.${channel}`) })}
          </label>
        ))}
      </fieldset>
      {channels.length > 0 && (
        <TextField
          label={t("imports.consent.evidence")}
          hint={t("consents.evidenceHint")}
          value={consent.evidence}
          maxLength={300}
          onChange={(event) => onChange({ ...consent, evidence: event.target.value })}
        />
      )}
    </Card>
  );
}
