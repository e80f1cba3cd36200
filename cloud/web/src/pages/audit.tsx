/** Who saw and changed what: the audit trail in sentences. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { listAudit, listStaff } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type { AuditEvent } from "../api/types";
import { BackLink } from "../components/back-link";
import { SelectField } from "../components/field";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import { ShowMore } from "../components/show-more";
import { Empty, Failed, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { auditText } from "../lib/audit";
import { fieldName } from "../lib/problems";
import { roleName } from "../lib/server-words";
import { shopPath, useShop } from "../session/shop";
import css from "./shop.module.css";

const MERGING = new Set(["create_merge", "undo_merge"]);

export function Audit() {
  const { shop } = useShop();
  return (
    <>
      <BackLink to={shopPath(shop.slug, "shop/privacy")}>{t("shop.places.privacy.name")}</BackLink>
      <Page title={t("audit.title")} lead={t("audit.lead")}>
        <Trail />
      </Page>
    </>
  );
}

/** The filter lives in the address: a customer's page leads here with theirs. */
function Trail() {
  const { shop } = useShop();
  const [address, setAddress] = useSearchParams();
  const person_id = address.get("person");
  const customer_id = address.get("customer");
  const query = { person_id, customer_id };
  const pages = useInfiniteQuery({
    queryKey: queryKeys.audit(shop.id, query),
    queryFn: ({ pageParam }) => listAudit(shop.id, { ...query, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const events = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const filter = (next: typeof query) => {
    const given = Object.entries({ person: next.person_id, customer: next.customer_id });
    setAddress(given.flatMap(([name, id]) => (id ? [[name, id]] : [])) as [string, string][], {
      replace: true,
    });
  };
  return (
    <div className={css.stack}>
      <PersonField chosen={person_id} onChange={(id) => filter({ person_id: id, customer_id })} />
      {customer_id && (
        <p>
          {t("audit.oneCustomer")}{" "}
          <Link to={shopPath(shop.slug, "shop/privacy/audit")}>{t("audit.allCustomers")}</Link>
        </p>
      )}
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && events.length === 0 && (
        <Empty title={t("audit.none.title")} text={t("audit.none.text")} />
      )}
      <ul aria-label={t("audit.title")}>
        {events.map((event) => (
          <Item key={event.id} event={event} />
        ))}
      </ul>
      <ShowMore pages={pages} />
    </div>
  );
}

interface PersonFieldProps {
  chosen: string | null;
  onChange: (id: string | null) => void;
}

function PersonField({ chosen, onChange }: PersonFieldProps) {
  const { shop } = useShop();
  const staff = useQuery({
    queryKey: queryKeys.staff(shop.id),
    queryFn: () => listStaff(shop.id),
  });
  return (
    <SelectField
      label={t("audit.person")}
      value={chosen ?? ""}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">{t("audit.everybody")}</option>
      {staff.data?.items.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function Item({ event }: { event: AuditEvent }) {
  const { shop, formats } = useShop();
  const { action, customer_id } = event;
  // made by the client and told to nobody
  const fields = event.fields.filter((name) => name !== "id").map(fieldName);
  return (
    <li className={css.entry}>
      <span>
        {auditText(event)}
        <span className={css.soft}>
          {[
            formats.dateTime(event.happened_at),
            roleOf(event),
            fields.length > 0 && t("audit.fields", { fields: fields.join(", ") }),
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
      {customer_id && action !== "erase_customer" && (
        <LineLink to={shopPath(shop.slug, `customers/${customer_id}`)}>
          {t("audit.customer")}
        </LineLink>
      )}
      {MERGING.has(action) && (
        <LineLink to={shopPath(shop.slug, "customers/duplicates")}>
          {t("audit.duplicates")}
        </LineLink>
      )}
    </li>
  );
}

function roleOf({ role }: AuditEvent): string {
  if (role === "platform") return t("audit.platform");
  return role === "customer" ? t("audit.asCustomer") : roleName(role);
}
