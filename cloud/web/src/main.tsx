import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";

const root = document.getElementById("root");
if (!root) throw new Error("index.html: expected an element with the id root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
