/** One shop as its customer has it: how it is now, a word to it, friends, switches, and rights. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { BackLink } from "../components/back-link";
import { Button, ButtonLink } from "../components/button";
import button from "../components/button.module.css";
import { Card } from "../components/card";
import { Confirm } from "../components/confirm";
import { Copy } from "../components/copy";
import { LineAnchor } from "../components/line-link";
import { Page } from "../components/page";
import { ShowMore } from "../components/show-more";
import { Awaited, Failed, FormError, Loading } from "../components/states";
import { t } from "../i18n/i18n";
import { saveFile } from "../lib/save-file";
import { NotFound } from "../pages/not-found";
import {
  type Channel,
  eraseMeAtShop,
  exportMyShop,
  getMyShop,
  getMyTimeline,
  type JoinedShop,
  type JoinedShopDetails,
  keys,
  leaveShop,
  type Mood,
  type Said,
  sayToday,
  switchChannel,
} from "./endpoints";
import { Happenings } from "./happenings";
import css from "./my.module.css";
import { Stale } from "./my-layout";
import { formatsOf, State, useMyShops } from "./my-shops";
import { wordingOf } from "./words";

const MOODS: readonly Mood[] = ["good", "fair", "bad"];

export function MyShop() {
  const { slug } = useParams();
  const shops = useMyShops();
  const shop = shops.data?.items.find((one) => one.slug === slug);
  return (
    <>
      <BackLink to="/my">{t("my.back")}</BackLink>
      {!shops.data && (
        <Page title={t("app.shop")}>
          <Awaited query={shops} />
        </Page>
      )}
      {shops.data && !shop && <NotFound />}
      {shop && <Details key={shop.id} shop={shop} />}
    </>
  );
}

function Details({ shop }: { shop: JoinedShop }) {
  const details = useQuery({ queryKey: keys.shop(shop.id), queryFn: () => getMyShop(shop.id) });
  return (
    <Page title={shop.name} lead={shop.address ?? ""}>
      <p>
        <State shop={shop} isLarge />
      </p>
      <p>
        <LineAnchor href={`/s/${shop.slug}`}>{t("my.publicPage")}</LineAnchor>
      </p>
      <Stale query={details} />
      {details.isPending && <Loading />}
      {details.isError && !details.data && (
        <Failed error={details.error} onRetry={() => void details.refetch()} />
      )}
      {details.data && <Cards shop={details.data} />}
    </Page>
  );
}

function Cards({ shop }: { shop: JoinedShopDetails }) {
  const hasLeft = shop.left_at !== null;
  return (
    <>
      {hasLeft && (
        <ButtonLink look="quiet" to={`/my/join/${shop.slug}`}>
          {t("my.rejoin")}
        </ButtonLink>
      )}
      {!hasLeft && <Feedback shop={shop} />}
      {!hasLeft && <Refer shop={shop} />}
      {!hasLeft && <Switches shop={shop} />}
      <Timeline shop={shop} />
      <Known shop={shop} />
    </>
  );
}

/** One tap is enough; what is added afterwards takes the place of what was said today. */
function Feedback({ shop }: { shop: JoinedShopDetails }) {
  const queryClient = useQueryClient();
  const [said, setSaid] = useState<Said>({ mood: null, was_closed: false, text: null });
  const mutation = useMutation({
    mutationFn: (next: Said) => sayToday(shop.id, next),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.timeline(shop.id) }),
  });
  const say = (change: Partial<Said>) => {
    const next = { ...said, ...change };
    setSaid(next);
    if (next.mood || next.was_closed || next.text) mutation.mutate(next);
  };
  const hasSaid = mutation.isSuccess || said.mood !== null || said.was_closed;
  return (
    <Card title={t("my.feedback.title")}>
      <div className={css.stack}>
        <fieldset className={css.moods}>
          <legend className="visually-hidden">{t("my.feedback.title")}</legend>
          {MOODS.map((mood) => (
            <button
              key={mood}
              type="button"
              className={css.mood}
              aria-pressed={said.mood === mood}
              onClick={() => say({ mood })}
            >
              {t(`my.moods.${mood}`)}
            </button>
          ))}
        </fieldset>
        <button
          type="button"
          className={`${css.mood} ${css.wide}`}
          aria-pressed={said.was_closed ?? false}
          onClick={() => say({ was_closed: !said.was_closed })}
        >
          {t("my.feedback.closed")}
        </button>
        {hasSaid && <AddText onSend={(text) => say({ text })} isPending={mutation.isPending} />}
        <FormError error={mutation.error} />
        <p role="status" className={css.saved}>
          {mutation.isSuccess && t("my.feedback.thanks")}
        </p>
        {mutation.isSuccess && <p className={css.soft}>{t("my.feedback.again")}</p>}
      </div>
    </Card>
  );
}

function AddText({ onSend, isPending }: { onSend: (text: string) => void; isPending: boolean }) {
  const [text, setText] = useState("");
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onSend(text.trim());
      }}
    >
      <label className={css.label}>
        {t("my.feedback.text")}
        <textarea
          className={css.text}
          maxLength={1000}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <Button type="submit" look="quiet" disabled={isPending || !text.trim()}>
        {t("my.feedback.send")}
      </Button>
    </form>
  );
}

function Refer({ shop }: { shop: JoinedShopDetails }) {
  const { url, whatsapp_url, joined, bought } = shop.referrals;
  return (
    <Card title={t("my.refer.title")}>
      <div className={css.stack}>
        <p>{t("my.refer.text")}</p>
        <div className={css.actions}>
          <a
            href={whatsapp_url}
            target="_blank"
            rel="noreferrer"
            className={`${button.button} ${button.primary}`}
          >
            {t("my.refer.whatsapp")}
          </a>
        </div>
        <Copy label={t("my.refer.link")} text={url} />
        {joined > 0 && (
          <p>
            {t("my.refer.joined", { count: joined })}
            {bought > 0 && `, ${t("my.refer.bought", { count: bought })}`}
          </p>
        )}
      </div>
    </Card>
  );
}

function Switches({ shop }: { shop: JoinedShopDetails }) {
  return (
    <Card title={t("my.switches.title")}>
      {shop.channels.length === 0 && <p>{t("my.switches.none")}</p>}
      {shop.channels.map((channel) => (
        <Switch key={channel} shop={shop} channel={channel} />
      ))}
      {shop.channels.length > 0 && <p className={css.soft}>{t("my.switches.note")}</p>}
    </Card>
  );
}

/** Moves at once, and moves back when the server could not note it. */
function Switch({ shop, channel }: { shop: JoinedShopDetails; channel: Channel }) {
  const queryClient = useQueryClient();
  const wording = wordingOf(channel, shop.name);
  const [wanted, setWanted] = useState<boolean | null>(null);
  const mutation = useMutation({
    mutationFn: (isOn: boolean) =>
      switchChannel(shop.id, { channel, wording, action: isOn ? "grant" : "withdraw" }),
    onSuccess: ({ holds }) => {
      queryClient.setQueryData<JoinedShopDetails>(
        keys.shop(shop.id),
        (old) => old && { ...old, holds },
      );
      void queryClient.invalidateQueries({ queryKey: keys.timeline(shop.id) });
    },
    onSettled: () => setWanted(null),
  });
  const change = (isOn: boolean) => {
    setWanted(isOn);
    mutation.mutate(isOn);
  };
  const holds = shop.holds.some((one) => one.channel === channel && one.is_granted);
  return (
    <>
      <label className={css.switch}>
        <input
          type="checkbox"
          checked={wanted ?? holds}
          onChange={(event) => change(event.target.checked)}
        />
        <span>
          {t(`my.channels.${channel}`)}
          <span className={css.soft}>{wording}</span>
        </span>
      </label>
      <FormError error={mutation.error} />
    </>
  );
}

function Timeline({ shop }: { shop: JoinedShopDetails }) {
  const pages = useInfiniteQuery({
    queryKey: keys.timeline(shop.id),
    queryFn: ({ pageParam }) => getMyTimeline(shop.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <Card title={t("my.timeline.title")}>
      {pages.isPending && <Loading />}
      {pages.isError && !pages.data && (
        <Failed error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && (
        <Happenings
          items={pages.data.pages.flatMap((page) => page.items)}
          formats={formatsOf(shop)}
          answerLabel={t("my.feedback.answer")}
        />
      )}
      <ShowMore pages={pages} />
    </Card>
  );
}

type Fact = readonly [label: string, value: ReactNode];

function Known({ shop }: { shop: JoinedShopDetails }) {
  return (
    <Card title={t("my.known.title")}>
      <div className={css.stack}>
        <dl className={css.facts}>
          {factsOf(shop).map(([label, value]) => (
            <div key={label} className={css.fact}>
              <dt>{label}</dt>
              <dd>{value || t("my.known.nothing")}</dd>
            </div>
          ))}
        </dl>
        <Rights shop={shop} />
      </div>
    </Card>
  );
}

function factsOf(shop: JoinedShopDetails): Fact[] {
  const { known } = shop;
  const formats = formatsOf(shop);
  return [
    [t("my.known.name"), known.name],
    [t("my.known.phone"), known.phone],
    [t("my.known.email"), known.email],
    [t("my.known.reference"), known.reference],
    [t("my.known.tags"), known.tags.join(", ")],
    [t("my.known.notes"), formats.number(known.notes)],
    [t("my.known.purchases"), formats.number(known.purchases)],
    [t("my.known.spent"), formats.money(known.spent_minor)],
    [t("my.known.last"), known.last_purchase_at && formats.date(known.last_purchase_at)],
    [t("my.known.scored"), t(known.is_scored ? "my.known.yes" : "my.known.no")],
  ];
}

function Rights({ shop }: { shop: JoinedShopDetails }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const gone = async () => {
    await queryClient.invalidateQueries({ queryKey: keys.shops });
    queryClient.removeQueries({ queryKey: keys.shop(shop.id) });
    await navigate("/my");
  };
  const download = useMutation({
    mutationFn: () => exportMyShop(shop.id),
    onSuccess: (file) => saveFile(t("my.known.file", { shop: shop.slug }), file),
  });
  const leave = useMutation({ mutationFn: () => leaveShop(shop.id), onSuccess: gone });
  const erase = useMutation({ mutationFn: () => eraseMeAtShop(shop.id), onSuccess: gone });
  return (
    <>
      <div className={css.actions}>
        <Button look="quiet" disabled={download.isPending} onClick={() => download.mutate()}>
          {t("my.known.download")}
        </Button>
        {shop.left_at === null && (
          <Confirm
            label={t("my.known.leave")}
            question={t("my.known.leaveQuestion")}
            isPending={leave.isPending}
            onConfirm={() => leave.mutate()}
          />
        )}
        <Confirm
          label={t("my.known.erase")}
          question={t("my.known.eraseQuestion")}
          isPending={erase.isPending}
          onConfirm={() => erase.mutate()}
        />
      </div>
      <FormError error={download.error ?? leave.error ?? erase.error} />
    </>
  );
}
