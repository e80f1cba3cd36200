import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env.SHOPBELL_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // inlined assets become data: addresses, which the content security policy refuses
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": api } },
});
