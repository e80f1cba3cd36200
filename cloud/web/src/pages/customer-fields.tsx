import type { Customer } from "../api/types";
import { TextField } from "../components/field";
import { t } from "../i18n/i18n";

export const FIELDS = ["name", "phone", "email", "reference"] as const;

/** The fields by which a shop knows a customer; any one of them is enough. */
export function CustomerFields({ customer }: { customer?: Customer }) {
  return (
    <>
      <TextField
        label={t("customer.name")}
        name="name"
        autoComplete="off"
        defaultValue={customer?.name ?? ""}
      />
      <TextField
        label={t("customers.phone")}
        name="phone"
        type="tel"
        autoComplete="off"
        defaultValue={customer?.phone ?? ""}
      />
      <TextField
        label={t("register.email")}
        name="email"
        type="email"
        autoComplete="off"
        defaultValue={customer?.email ?? ""}
      />
      <TextField
        label={t("customer.reference")}
        name="reference"
        autoComplete="off"
        defaultValue={customer?.reference ?? ""}
      />
    </>
  );
}
