import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { listImports, uploadImport } from "../api/endpoints";
import { queryKeys } from "../api/keys";
import { Button } from "../components/button";
import type { ImportKind } from "../api/types";
import { Card } from "../components/card";
import { Choices } from "../components/choices";
import { TextField } from "../components/field";
import { LineLink } from "../components/line-link";
import { Page } from "../components/page";
import { ShowMore } from "../components/show-more";
import { Empty, Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { shopPath, useShop } from "../session/shop";
import css from "./imports.module.css";

export function Imports() {
  return (
    <Page title={t("imports.title")} lead={t("imports.lead")}>
      <Upload />
      <Earlier />
    </Page>
  );
}

function Upload() {
  const { shop } = useShop();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [query] = useSearchParams();
  const [kind, setKind] = useState<ImportKind>(
    query.get("kind") === "products" ? "products" : "purchases",
  );
  const mutation = useMutation({
    mutationFn: (file: File) => uploadImport(shop.id, kind, file),
    onSuccess: async (batch) => {
      void queryClient.invalidateQueries({ queryKey: queryKeys.imports(shop.id), exact: true });
      queryClient.setQueryData(queryKeys.import(shop.id, batch.id), batch);
      await navigate(shopPath(shop.slug, `import/${batch.id}`));
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const file = new FormData(event.currentTarget).get("file");
    if (file instanceof File) mutation.mutate(file);
  };
  return (
    <Card title={t("imports.new")}>
      <form className={css.upload} onSubmit={submit}>
        <Choices
          name="kind"
          label={t("imports.kind")}
          chosen={kind}
          onChange={setKind}
          choices={(["purchases", "products"] as const).map((value) => ({
            value,
            label: t(`imports.kinds.${value}`),
            example: t(`imports.kindExamples.${value}`),
          }))}
        />
        <TextField
          label={t(kind === "products" ? "imports.fileOfProducts" : "imports.file")}
          hint={t("imports.fileHint")}
          name="file"
          type="file"
          accept=".csv,.txt,.tsv,.gz,.xlsx,text/csv,text/plain"
          required
        />
        <FormError error={mutation.error} />
        <Button type="submit" disabled={mutation.isPending}>
          {t(mutation.isPending ? "imports.uploading" : "imports.upload")}
        </Button>
      </form>
    </Card>
  );
}

function Earlier() {
  const { shop } = useShop();
  const pages = useInfiniteQuery({
    queryKey: queryKeys.imports(shop.id),
    queryFn: ({ pageParam }) => listImports(shop.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const imports = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card title={t("imports.earlier")}>
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && imports.length === 0 && (
        <Empty title={t("imports.none.title")} text={t("imports.none.text")} />
      )}
      <ul>
        {imports.map((batch) => (
          <li key={batch.id} className={css.item}>
            <LineLink to={shopPath(shop.slug, `import/${batch.id}`)}>{batch.filename}</LineLink>
            <span className={css.soft}>{t(`imports.states.${batch.state}`)}</span>
          </li>
        ))}
      </ul>
      <ShowMore pages={pages} />
    </Card>
  );
}
