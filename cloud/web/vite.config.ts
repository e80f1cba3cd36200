import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";

const api = process.env.SHOPBELL_URL ?? "http://127.0.0.1:8000";

const CLIENT_PATHS =
  /^\/(shops|new-shop|register|sign-in|forgot-password|new-password|invitation|platform|my|code)(\/|$)/;

// what is smaller fits into one packet anyway
const LEAST_BYTES = 1000;
const TEXT = /\.(js|css|html|svg|json|webmanifest)$/;

/** Starts src/early.ts on its own, ahead of the client that waits for all of its code. */
function earlyStart(): Plugin {
  return {
    name: "early-start",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) => {
        const early = Object.values(bundle ?? {}).find(({ name }) => name === "early");
        if (!early) return [];
        const attrs = { type: "module", async: true, crossorigin: true, src: `/${early.fileName}` };
        return [{ tag: "script", attrs, injectTo: "head-prepend" }];
      },
    },
  };
}

/** Writes each text compressed beside itself, once and as small as it gets, for the server to send. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
    closeBundle: {
      order: "post",
      sequential: true,
      handler: () => {
        for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
          if (TEXT.test(entry)) compress(join(folder, entry));
        }
      },
    },
  };
}

function compress(path: string): void {
  const content = readFileSync(path);
  if (content.length < LEAST_BYTES) return;
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(content));
}

export default defineConfig({
  plugins: [
    react(),
    earlyStart(),
    VitePWA({
      injectRegister: null, // main.tsx does: an inline script is refused by the security policy
      manifest: {
        id: "/",
        name: "Shopbell",
        short_name: "Shopbell",
        description: "The bell over the shop door and the memory behind the counter.",
        start_url: "/",
        display: "standalone",
        background_color: "#f6f4ef",
        theme_color: "#f6f4ef",
        icons: [
          { src: "/icons/192.png", sizes: "192x192", type: "image/png" },
          { src: "/icons/512.png", sizes: "512x512", type: "image/png" },
          { src: "/icons/maskable.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
          { src: "/favicon.svg", sizes: "any", type: "image/svg+xml" },
        ],
      },
      workbox: {
        globPatterns: ["**/*.{js,css,html,svg}"],
        navigateFallback: "/index.html",
        // every other address belongs to the server: the API, public pages, health
        navigateFallbackAllowlist: [/^\/$/, CLIENT_PATHS],
        cleanupOutdatedCaches: true,
        inlineWorkboxRuntime: true,
      },
    }),
    compressed(),
  ],
  build: {
    rollupOptions: { input: { index: "index.html", early: "src/early.ts" } },
    target: "es2022",
    // inlined assets become data: addresses, which the content security policy refuses
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": api } },
});
