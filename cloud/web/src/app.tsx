import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter } from "react-router";
import { ApiError } from "./api/client";
import { Caught } from "./components/caught";
import { Plain } from "./components/plain";
import { Failed } from "./components/states";
import { useLanguage } from "./i18n/use-language";
import { SessionProvider, useSession } from "./session/session";
import { SignedIn } from "./signed-in";
import { SignedOut } from "./signed-out";

const MAX_RETRIES = 2;

// at once, not in a timer: a button that sends something is disabled before the next click on it
notifyManager.setScheduler(queueMicrotask);

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // without a network a request fails at once and says so, instead of waiting in silence
      networkMode: "always",
      // a refusal stays a refusal; only what may pass is tried again
      retry: (failures, error) =>
        failures < MAX_RETRIES &&
        !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
    mutations: { networkMode: "always" },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <SessionProvider>
        <Routed />
      </SessionProvider>
    </QueryClientProvider>
  );
}

/** Texts and formats are read while drawing: another language draws everything anew. */
function Routed() {
  const language = useLanguage();
  return (
    // choices such as filters live in the address and must show at once
    <BrowserRouter key={language} useTransitions={false}>
      <Caught frame={Plain}>
        <Entrance />
      </Caught>
    </BrowserRouter>
  );
}

function Entrance() {
  const { status, restore } = useSession();
  if (status === "signed-in") return <SignedIn />;
  if (status === "signed-out") return <SignedOut />;
  return (
    <Plain>
      <Failed error={new ApiError(0, "")} onRetry={() => void restore()} isWholePage />
    </Plain>
  );
}
