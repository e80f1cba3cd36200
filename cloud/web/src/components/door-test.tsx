/** Tried while one stands at the door: the board is heard, then the door is seen to move. */

import { useState } from "react";
import type { Live } from "../api/types";
import { t } from "../i18n/i18n";
import { useLive } from "../session/live";
import css from "./door-test.module.css";
import { Icon } from "./icon";

interface DoorTestProps {
  /** Whether the board in question is among those of the live view, and online. */
  isHeard: (live: Live) => boolean;
}

export function DoorTest({ isHeard }: DoorTestProps) {
  const { live } = useLive();
  const heard = live !== undefined && isHeard(live);
  // where the door stood when the test began: what comes after it is a movement
  const [before] = useState(live?.since ?? null);
  const moved = heard && live.source === "door" && live.since !== before;
  return (
    <div role="status" aria-label={t("doorTest.title")}>
      <ol className={css.test}>
        <Step isDone={heard} text={t(heard ? "doorTest.heard" : "doorTest.waiting")} />
        <Step isDone={moved} text={t(moved ? "doorTest.moved" : "doorTest.move")} />
      </ol>
    </div>
  );
}

function Step({ isDone, text }: { isDone: boolean; text: string }) {
  return (
    <li className={isDone ? css.done : css.open}>
      {isDone ? <Icon name="check" /> : <span className={css.dot} aria-hidden="true" />}
      <span>{text}</span>
    </li>
  );
}
