/** The questions about an uploaded file: what each column holds, and how it is written. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ApiError } from "../api/client";
import { previewImport, runImport } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import type {
  ColumnRole,
  DateOrder,
  DecimalMark,
  Import,
  ImportColumn,
  ImportConsent,
  ImportKind,
  ImportRun,
} from "../api/types";
import { Button } from "../components/button";
import { Card } from "../components/card";
import { Choices } from "../components/choices";
import { SelectField } from "../components/field";
import { FormError, Notice } from "../components/states";
import { locale, t } from "../i18n/i18n";
import {
  amountRoles,
  assign,
  dateInOrder,
  dateRole,
  guessedMapping,
  type Mapping,
  missing,
  questions,
  ROLES,
  roleOf,
} from "../lib/mapping";
import { shopPath, useShop } from "../session/shop";
import css from "./import.module.css";
import { ConsentQuestion } from "./import-consent";
import { ImportPreviewCard } from "./import-preview";

const NOBODY_AGREED: ImportConsent = { channels: [], evidence: "" };

export function ImportMapping({ batch }: { batch: Import }) {
  const [mapping, setMapping] = useState(() => guessedMapping(batch.columns));
  const [dateOrder, setDateOrder] = useState<DateOrder | null>(null);
  const [decimal, setDecimal] = useState<DecimalMark | null>(null);
  const [consent, setConsent] = useState(NOBODY_AGREED);
  const answers = { mapping, date_order: dateOrder, decimal };
  const preview = usePreview(batch, answers);
  const run = useRun(batch);
  const asked = questions(batch, mapping, [
    ...answered(answers),
    ...refusedFields(preview.error),
    ...refusedFields(run.error),
  ]);
  const hasContacts = mapping.phone !== undefined || mapping.email !== undefined;
  const agreed = hasContacts && consent.channels.length > 0 ? consent : null;
  const needs = [
    ...missing(mapping, batch.kind),
    ...(asked.dateOrders.length > 0 && !dateOrder ? (["dateOrder"] as const) : []),
    ...(asked.decimals.length > 0 && !decimal ? (["decimal"] as const) : []),
  ];
  const needsEvidence = agreed !== null && !agreed.evidence.trim();
  const change = (next: Mapping) => {
    // another column may be written otherwise
    const isOther = (role: ColumnRole) => next[role] !== mapping[role];
    if (isOther(dateRole(batch.kind))) setDateOrder(null);
    if (amountRoles(batch.kind).some(isOther)) setDecimal(null);
    setMapping(next);
  };
  return (
    <>
      {batch.duplicate_of && <Duplicate importId={batch.duplicate_of} />}
      <Columns batch={batch} mapping={mapping} onChange={change} />
      {asked.dateOrders.length > 0 && (
        <Card title={t("imports.dateOrder")}>
          <Choices
            name="date_order"
            label={t("imports.dateOrder")}
            chosen={dateOrder}
            onChange={setDateOrder}
            choices={asked.dateOrders.map((order) => ({
              value: order,
              label: t(`imports.order.${order}`),
              example: orderExample(batch, mapping, order),
            }))}
          />
        </Card>
      )}
      {asked.decimals.length > 0 && (
        <Card title={t("imports.decimal")}>
          <Choices
            name="decimal"
            label={t("imports.decimal")}
            chosen={decimal}
            onChange={setDecimal}
            choices={asked.decimals.map((mark) => ({
              value: mark,
              label: t(mark === "." ? "imports.marks.point" : "imports.marks.comma"),
              example: t(
                mark === "." ? "imports.markExamples.point" : "imports.markExamples.comma",
              ),
            }))}
          />
        </Card>
      )}
      {needs.length === 0 && <ImportPreviewCard kind={batch.kind} preview={preview} />}
      {hasContacts && <ConsentQuestion consent={consent} onChange={setConsent} />}
      {needs.length > 0 || needsEvidence ? (
        <Needs names={needsEvidence ? [...needs, "evidence"] : needs} />
      ) : (
        <FormError error={run.error} />
      )}
      <p className={css.actions}>
        <Button
          disabled={run.isPending || needs.length > 0 || needsEvidence}
          onClick={() => run.mutate({ ...answers, consent: agreed })}
        >
          {t(batch.kind === "products" ? "imports.runProducts" : "imports.run")}
        </Button>
      </p>
    </>
  );
}

interface Answers {
  mapping: Mapping;
  date_order: DateOrder | null;
  decimal: DecimalMark | null;
}

/** The fields that are answered: their questions stay, so that the answer can be changed. */
function answered({ date_order, decimal }: Answers): string[] {
  return [...(date_order ? ["date_order"] : []), ...(decimal ? ["decimal"] : [])];
}

function usePreview(batch: Import, answers: Answers) {
  const { shop } = useShop();
  const { mapping, date_order, decimal } = answers;
  const known = questions(batch, mapping, answered(answers));
  const isAnswered =
    missing(mapping, batch.kind).length === 0 &&
    (known.dateOrders.length === 0 || date_order !== null) &&
    (known.decimals.length === 0 || decimal !== null);
  const query = {
    ...mapping,
    ...(date_order && { date_order }),
    ...(decimal && { decimal }),
  };
  return useQuery({
    queryKey: queryKeys.importPreview(shop.id, batch.id, query),
    queryFn: () => previewImport(shop.id, batch.id, query),
    enabled: isAnswered,
    staleTime: Number.POSITIVE_INFINITY, // a file does not change
  });
}

function useRun(batch: Import) {
  const { shop } = useShop();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (answers: ImportRun) => runImport(shop.id, batch.id, answers),
    onSuccess: (started) => queryClient.setQueryData(queryKeys.import(shop.id, batch.id), started),
  });
}

function refusedFields(error: Error | null): string[] {
  return error instanceof ApiError ? error.fields.map((field) => field.field) : [];
}

function Duplicate({ importId }: { importId: string }) {
  const { shop } = useShop();
  return (
    <Notice tone="warning">
      {t("imports.duplicate")}{" "}
      <Link to={shopPath(shop.slug, `import/${importId}`)}>{t("imports.duplicateLink")}</Link>
    </Notice>
  );
}

interface ColumnsProps {
  batch: Import;
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}

function Columns({ batch, mapping, onChange }: ColumnsProps) {
  return (
    <section aria-labelledby="columns" className={css.section}>
      <h2 id="columns">{t("imports.columns")}</h2>
      <p className={css.soft}>{t("imports.columnsLead")}</p>
      <ul className={css.columns}>
        {batch.columns.map((column) => (
          <Column
            key={column.index}
            column={column}
            kind={batch.kind}
            role={roleOf(mapping, column.index)}
            onChange={(role) => onChange(assign(mapping, column.index, role))}
          />
        ))}
      </ul>
    </section>
  );
}

interface ColumnProps {
  column: ImportColumn;
  kind: ImportKind;
  role: ColumnRole | null;
  onChange: (role: ColumnRole | null) => void;
}

function Column({ column, kind, role, onChange }: ColumnProps) {
  const name = column.name || t("imports.column", { number: column.index + 1 });
  return (
    <li className={`${css.column} ${role ? css.assigned : ""}`}>
      <div>
        <h3>{name}</h3>
        <p className={css.samples}>
          {column.samples.length > 0
            ? `${t("imports.samples")}: ${column.samples.join(" · ")}`
            : t("imports.noSample")}
        </p>
      </div>
      <SelectField
        label={t("imports.means", { column: name })}
        isLabelHidden
        value={role ?? ""}
        onChange={(event) =>
          onChange(ROLES[kind].find((name) => name === event.target.value) ?? null)
        }
      >
        <option value="">{t("imports.roles.ignore")}</option>
        {ROLES[kind].map((option) => (
          <option key={option} value={option}>
            {t(`imports.roles.${option}`)}
          </option>
        ))}
      </SelectField>
    </li>
  );
}

/** "03/04/2026 is 3 April 2026", with the first sample that can be read so. */
function orderExample(batch: Import, mapping: Mapping, order: DateOrder): string | null {
  const samples =
    batch.columns.find((column) => column.index === mapping[dateRole(batch.kind)])?.samples ?? [];
  for (const sample of samples) {
    const day = dateInOrder(sample, order);
    const date = day?.toLocaleDateString(locale(), { dateStyle: "long", timeZone: "UTC" });
    if (date) return t("imports.orderExample", { sample, date });
  }
  return null;
}

type Need = ReturnType<typeof missing>[number] | "dateOrder" | "decimal" | "evidence";

function Needs({ names }: { names: readonly Need[] }) {
  return (
    <div role="status">
      <Notice tone="info">
        <strong>{t("imports.missing.title")}</strong>
        <ul className={css.missing}>
          {names.map((name) => (
            <li key={name}>{t(`imports.missing.${name}`)}</li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
