import css from "./choices.module.css";

interface Choice<Value extends string> {
  value: Value;
  label: string;
  example: string | null;
}

interface ChoicesProps<Value extends string> {
  name: string;
  /** Stands above as a heading already; here for readers of screens. */
  label: string;
  choices: readonly Choice<Value>[];
  chosen: Value | null;
  onChange: (value: Value) => void;
}

/** One of a few answers, each with an example. */
export function Choices<Value extends string>(props: ChoicesProps<Value>) {
  const { name, label, choices, chosen, onChange } = props;
  return (
    <fieldset className={css.choices}>
      <legend className="visually-hidden">{label}</legend>
      {choices.map(({ value, label: answer, example }) => (
        <label key={value} className={css.choice}>
          <input
            type="radio"
            name={name}
            checked={chosen === value}
            onChange={() => onChange(value)}
          />
          <span>
            {answer}
            {example && <span className={css.example}>{example}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
