/** Reading forms. */

/** The texts of named fields, without blanks around; an absent field is empty. */
export function textsOf<Name extends string>(
  form: HTMLFormElement,
  names: readonly Name[],
): Record<Name, string> {
  const fields = new FormData(form);
  const entries = names.map((name) => [name, String(fields.get(name) ?? "").trim()]);
  return Object.fromEntries(entries) as Record<Name, string>;
}
