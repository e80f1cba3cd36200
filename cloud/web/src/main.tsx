import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { startLanguage } from "./i18n/i18n";
import { keepClient } from "./session/update";

const root = document.getElementById("root");
if (!root) throw new Error("index.html: expected an element with the id root");

void startLanguage().then(() => {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
});

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // where nothing may be kept, the client works all the same
  addEventListener("load", () => void keepClient().catch(() => undefined));
}
