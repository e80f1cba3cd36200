/** How a customer is called, whatever is known of them. */

import type { Customer } from "../api/types";
import { t } from "../i18n/i18n";

type Called = Pick<Customer, "name" | "reference" | "phone" | "email">;

export function nameOf(customer: Called): string {
  const { name, reference, phone, email } = customer;
  if (name) return name;
  if (reference) return t("customers.reference", { reference });
  return phone ?? email ?? t("customers.unnamed");
}
