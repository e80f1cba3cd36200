import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

const api = process.env.SHOPBELL_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [
    react(),
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
        navigateFallbackAllowlist: [/^\/$/, /^\/(shops|new-shop|register|sign-in)(\/|$)/],
        cleanupOutdatedCaches: true,
        inlineWorkboxRuntime: true,
      },
    }),
  ],
  build: {
    target: "es2022",
    // inlined assets become data: addresses, which the content security policy refuses
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": api } },
});
