import { type ComponentProps, type ReactNode, useId } from "react";
import css from "./field.module.css";

interface Labelled {
  label: string;
  hint?: string;
  /** The label is only read aloud, where the place makes it plain. */
  isLabelHidden?: boolean;
}

export function TextField({
  label,
  hint,
  isLabelHidden,
  className = "",
  ...rest
}: ComponentProps<"input"> & Labelled) {
  const id = useId();
  const hintId = hint ? `${id}-hint` : undefined;
  return (
    <Frame id={id} {...{ label, hint, isLabelHidden }}>
      <input
        {...rest}
        id={id}
        aria-describedby={hintId}
        className={`${css.control} ${className}`}
      />
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  isLabelHidden,
  ...rest
}: ComponentProps<"select"> & Labelled) {
  const id = useId();
  const hintId = hint ? `${id}-hint` : undefined;
  return (
    <Frame id={id} {...{ label, hint, isLabelHidden }}>
      <select {...rest} id={id} aria-describedby={hintId} className={css.control} />
    </Frame>
  );
}

interface FrameProps {
  id: string;
  label: string;
  hint: string | undefined;
  isLabelHidden: boolean | undefined;
  children: ReactNode;
}

function Frame({ id, label, hint, isLabelHidden, children }: FrameProps) {
  return (
    <div className={`${css.field} ${isLabelHidden ? css.hiddenLabel : ""}`}>
      <label htmlFor={id} className={css.label}>
        {label}
      </label>
      {children}
      {hint && (
        <span id={`${id}-hint`} className={css.hint}>
          {hint}
        </span>
      )}
    </div>
  );
}
