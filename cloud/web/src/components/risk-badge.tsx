import type { Risk } from "../api/types";
import { t } from "../i18n/i18n";
import { Icon, type IconName } from "./icon";
import css from "./risk-badge.module.css";

const ICONS: Record<Risk, IconName> = { high: "warning", medium: "steady", low: "check" };

/** The risk by word, shape and colour, never by colour alone. */
export function RiskBadge({ risk }: { risk: Risk | null | undefined }) {
  return (
    <span className={`${css.badge} ${css[risk ?? "none"]}`}>
      {risk && <Icon name={ICONS[risk]} size={14} />}
      {t(`risk.${risk ?? "none"}`)}
    </span>
  );
}
