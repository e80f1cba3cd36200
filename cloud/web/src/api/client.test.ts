import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiClient, ApiError } from "./client";

/** A small API: any path answers to the newest token only, and refreshing makes a new one. */
class FakeApi {
  readonly requests: string[] = [];
  readonly tokens = ["first"];
  isCookieKnown = true;
  #server: Server | null = null;

  async start(): Promise<string> {
    const server = createServer(async (request, response) => {
      const { status, body } = this.#answer(request);
      request.resume();
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  refreshes(): number {
    return this.requests.filter((request) => request === "POST /api/v1/tokens/refresh").length;
  }

  #answer(request: IncomingMessage): { status: number; body: unknown } {
    this.requests.push(`${request.method} ${request.url}`);
    if (request.url === "/api/v1/tokens") return this.#signedIn();
    if (request.url === "/api/v1/tokens/refresh") {
      if (!this.isCookieKnown) return refusal(401, "Sign in again.");
      this.tokens.push(`token ${this.tokens.length}`);
      return this.#signedIn();
    }
    const isKnown = request.headers.authorization === `Bearer ${this.tokens.at(-1)}`;
    if (!isKnown) return refusal(401, "The token has run out.");
    if (request.url === "/api/v1/shops/taken") return refusal(409, "This reference is taken.");
    return { status: 200, body: { url: request.url } };
  }

  #signedIn() {
    return { status: 200, body: { access_token: this.tokens.at(-1), expires_in_s: 900 } };
  }
}

const SIGN_IN = { body: { login: "asha@example.com", password: "a good one" } };
const refusal = (status: number, detail: string) => ({ status, body: { status, detail } });

describe("ApiClient", () => {
  let server: FakeApi;
  let client: ApiClient;

  beforeEach(async () => {
    server = new FakeApi();
    client = new ApiClient(await server.start());
  });

  afterEach(() => server.stop());

  it("sends the token of the sign-in with every request", async () => {
    await client.signIn("/api/v1/tokens", SIGN_IN);
    const given = { path: { shop_id: "a/b" }, query: { search: "c&d", risk: null } };
    expect(await client.get("/api/v1/shops/{shop_id}/customers", given)).toEqual({
      url: "/api/v1/shops/a%2Fb/customers?search=c%26d",
    });
  });

  it("renews a token that ran out and asks again", async () => {
    await client.signIn("/api/v1/tokens", SIGN_IN);
    server.tokens.push("newer than what the client has");
    expect(await client.get("/api/v1/me", {})).toEqual({ url: "/api/v1/me" });
  });

  it("renews once for requests that fail together", async () => {
    await client.signIn("/api/v1/tokens", SIGN_IN);
    server.tokens.push("newer than what the client has");
    await Promise.all(
      ["/api/v1/me" as const, "/api/v1/shops" as const].map((path) => client.get(path, {})),
    );
    expect(server.refreshes()).toBe(1);
  });

  it("says that it is signed out when the cookie is not known any more", async () => {
    let isSignedOut = false;
    client.onSignedOut = () => {
      isSignedOut = true;
    };
    server.isCookieKnown = false;
    await expect(client.get("/api/v1/me", {})).rejects.toThrow("The token has run out.");
    expect(isSignedOut).toBe(true);
    expect(await client.refresh()).toBe(false);
  });

  it("throws the server's own words with the status", async () => {
    await client.signIn("/api/v1/tokens", SIGN_IN);
    const error = await client
      .get("/api/v1/shops/{shop_id}", { path: { shop_id: "taken" } })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 409, message: "This reference is taken." });
  });

  it("has status 0 when the server cannot be reached", async () => {
    server.stop();
    await expect(client.get("/api/v1/me", {})).rejects.toMatchObject({ status: 0 });
    await expect(client.refresh()).rejects.toMatchObject({ status: 0 });
  });
});
