/** What if: look a customer up, or imagine one, and turn the figures. */

import { useState } from "react";
import { useSearchParams } from "react-router";
import type { Customer } from "../api/types";
import { BackLink } from "../components/back-link";
import { Card } from "../components/card";
import { CustomerChoice } from "../components/customer-search";
import { Page } from "../components/page";
import { t } from "../i18n/i18n";
import { nameOf } from "../lib/customers";
import { shopPath, useShop } from "../session/shop";
import { WhatIfPanel } from "./what-if-panel";

// somebody whom a shop might know, to begin with
const IMAGINED = {
  visits: 5,
  days_since_last_visit: 20,
  tenure_days: 180,
  monetary_value_minor: 1500,
};

export function WhatIfPage() {
  const { shop } = useShop();
  const [address, setAddress] = useSearchParams();
  const [found, setFound] = useState<Customer | null>(null);
  const customerId = address.get("customer");
  const choose = (customer: Customer | null) => {
    setFound(customer);
    setAddress(customer ? { customer: customer.id } : {}, { replace: true });
  };
  return (
    <>
      <BackLink to={shopPath(shop.slug, "insights")}>{t("insights.title")}</BackLink>
      <Page title={t("whatIf.title")} lead={t("whatIf.lead")}>
        <Card title={t("whatIf.who")}>
          <CustomerChoice
            label={t("whatIf.lookUp")}
            chosen={customerId && (found ? nameOf(found) : t("whatIf.oneCustomer"))}
            onChoose={choose}
          />
        </Card>
        <Card title={t(customerId ? "whatIf.turn" : "whatIf.imagined")}>
          <WhatIfPanel
            key={customerId}
            customerId={customerId}
            {...(!customerId && { first: IMAGINED })}
          />
        </Card>
      </Page>
    </>
  );
}
