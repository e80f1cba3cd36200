/** The only place that calls fetch: requests, their errors, and the access token in memory. */

import type { Answer, Given, PathOf } from "./routes";
import type { FieldError, Problem, SignedIn, Tokens } from "./types";

/** What the server refused, in its own words; status 0 when it could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly fields: readonly FieldError[];
  /** Which sentence it is, with what stands in it; `other` for one that only the server words. */
  readonly code: Problem["code"];
  readonly values: Problem["values"];

  constructor(status: number, message: string, problem: Partial<Problem> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.fields = problem.errors ?? [];
    this.code = problem.code ?? "other";
    this.values = problem.values ?? {};
  }
}

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

interface Request {
  path?: Readonly<Record<string, string>>;
  query?: Query;
  /** JSON, unless it is FormData. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

const REFRESH_LOCK = "shopbell-refresh";

export class ApiClient {
  readonly #baseUrl: string;
  #accessToken: string | null = null;
  #refreshing: Promise<boolean> | null = null;
  /** Called when the server no longer knows this sign-in. */
  onSignedOut: () => void = () => {};

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  async get<P extends PathOf<"get">>(path: P, given: Given<P, "get">): Promise<Answer<P, "get">> {
    return readJson(await this.#send("GET", path, given));
  }

  async post<P extends PathOf<"post">>(
    path: P,
    given: Given<P, "post">,
  ): Promise<Answer<P, "post">> {
    return readJson(await this.#send("POST", path, given));
  }

  async delete<P extends PathOf<"delete">>(path: P, given: Given<P, "delete">): Promise<void> {
    await this.#send("DELETE", path, given);
  }

  async patch<P extends PathOf<"patch">>(
    path: P,
    given: Given<P, "patch">,
  ): Promise<Answer<P, "patch">> {
    return readJson(await this.#send("PATCH", path, given));
  }

  async put<P extends PathOf<"put">>(path: P, given: Given<P, "put">): Promise<Answer<P, "put">> {
    return readJson(await this.#send("PUT", path, given));
  }

  /** A file, to be kept by the reader. */
  async file<P extends PathOf<"get">>(path: P, given: Given<P, "get">): Promise<Blob> {
    return (await this.#send("GET", path, given)).blob();
  }

  /** Open a response that goes on, such as an event stream. */
  async open<P extends PathOf<"get">>(
    path: P,
    given: Given<P, "get"> & Pick<Request, "headers" | "signal">,
  ): Promise<Response> {
    return this.#send("GET", path, given);
  }

  /** Post what proves who one is (to sign in or to register) and keep the token of the answer. */
  async signIn<P extends "/api/v1/tokens" | "/api/v1/register" | "/api/v1/codes/confirm">(
    path: P,
    given: Given<P, "post">,
  ): Promise<SignedIn> {
    const response = await succeeded(await this.#attempt("POST", path, given));
    const answer: SignedIn = await readJson(response);
    this.#accessToken = answer.access_token;
    return answer;
  }

  /** Take up the sign-in that the cookie remembers; false when there is none. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= inOneTab(() => this.#refreshOnce()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async signOut(isEverywhere = false): Promise<void> {
    await this.#send("DELETE", isEverywhere ? "/api/v1/me/sessions" : "/api/v1/tokens", {});
    this.#accessToken = null;
  }

  /** Drop the token of a sign-in that the server has ended. */
  forget(): void {
    this.#accessToken = null;
  }

  async #refreshOnce(): Promise<boolean> {
    const response = await this.#attempt("POST", "/api/v1/tokens/refresh", { body: {} });
    if (response.status === 401) {
      this.#accessToken = null;
      return false;
    }
    const answer: Tokens = await readJson(await succeeded(response));
    this.#accessToken = answer.access_token;
    return true;
  }

  async #send(method: string, path: string, request: Request): Promise<Response> {
    // on the way to a first token, asking without one would only be refused
    if (this.#accessToken === null) await this.#refreshing?.catch(() => false);
    const tokenSent = this.#accessToken;
    const response = await this.#attempt(method, path, request);
    if (response.status !== 401) return succeeded(response);
    // a request that ran beside this one may have brought a new token already
    const isFresh = this.#accessToken !== tokenSent && this.#accessToken !== null;
    if (isFresh || (await this.refresh()))
      return succeeded(await this.#attempt(method, path, request));
    this.onSignedOut();
    return succeeded(response);
  }

  async #attempt(method: string, path: string, request: Request): Promise<Response> {
    const { body, signal } = request;
    const headers = new Headers(request.headers);
    if (this.#accessToken) headers.set("Authorization", `Bearer ${this.#accessToken}`);
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers.set("Content-Type", "application/json");
    const content = body === undefined ? null : isForm ? body : JSON.stringify(body);
    try {
      return await fetch(this.#baseUrl + addressOf(path, request), {
        method,
        headers,
        body: content,
        signal: signal ?? null,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, "The server cannot be reached.");
    }
  }
}

function addressOf(path: string, { path: parameters = {}, query = {} }: Request): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(parameters[name] ?? ""),
  );
  const given = Object.entries(query).filter(([, value]) => value != null && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length === 0 ? filled : `${filled}?${search}`;
}

async function readJson<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = await response.json().then(
    (body) => body as Partial<Problem>,
    () => ({}) as Partial<Problem>, // a proxy in between answers with a page of its own
  );
  const message = problem.detail ?? problem.title ?? `${response.status} ${response.statusText}`;
  return new ApiError(response.status, message, problem);
}

/**
 * Refresh tokens work once, and a second use signs the person out everywhere: two tabs that wake
 * up together must take turns. Browsers offer locks to secure pages only.
 */
async function inOneTab(refresh: () => Promise<boolean>): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  return locks ? await locks.request(REFRESH_LOCK, refresh) : refresh();
}

export const api = new ApiClient("");
