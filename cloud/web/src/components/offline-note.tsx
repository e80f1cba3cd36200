/** Said above a page that cannot be asked for again, with the age of the oldest of what it shows. */

import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { t } from "../i18n/i18n";
import { useOnline } from "../lib/use-online";
import { Icon } from "./icon";
import css from "./offline-note.module.css";

interface OfflineNoteProps {
  /** Whether the server answers, where somebody knows. */
  isReached?: boolean;
  /** When it last did, for a page that shows nothing of its own. */
  seenAt?: Date | null;
  write: (at: Date) => string;
  children?: ReactNode;
}

export function OfflineNote({ isReached = true, seenAt, write, children }: OfflineNoteProps) {
  const isOnline = useOnline();
  const queryClient = useQueryClient();
  if (isOnline && isReached) return null;
  const shown = queryClient.getQueryCache().findAll({ type: "active" });
  const ages = shown.map((query) => query.state.dataUpdatedAt).filter((at) => at > 0);
  const since = ages.length > 0 ? new Date(Math.min(...ages)) : seenAt;
  return (
    <aside className={css.note} aria-label={t("offline.title")} aria-live="polite">
      <Icon name="offline" size={18} />
      <p>
        <strong>{t("offline.title")}</strong> {since && t("offline.since", { time: write(since) })}{" "}
        {children}
      </p>
    </aside>
  );
}
