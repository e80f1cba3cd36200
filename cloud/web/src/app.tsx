import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter, Route, Routes } from "react-router";
import { ApiError } from "./api/client";
import { Failed, Loading } from "./components/states";
import { Register } from "./pages/register";
import { SignIn } from "./pages/sign-in";
import { SessionProvider, useSession } from "./session/session";
import { SignedIn } from "./signed-in";
import { Plain } from "./components/plain";

const MAX_RETRIES = 2;

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // a refusal stays a refusal; only what may pass is tried again
      retry: (failures, error) =>
        failures < MAX_RETRIES &&
        !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <SessionProvider>
        {/* choices such as filters live in the address and must show at once */}
        <BrowserRouter useTransitions={false}>
          <Entrance />
        </BrowserRouter>
      </SessionProvider>
    </QueryClientProvider>
  );
}

/** Signed out, every address shows the sign-in, so that it leads on to where one wanted to go. */
function Entrance() {
  const { status, restore } = useSession();
  if (status === "signed-in") return <SignedIn />;
  if (status === "signed-out") {
    return (
      <Routes>
        <Route path="/register" element={<Register />} />
        <Route path="*" element={<SignIn />} />
      </Routes>
    );
  }
  return (
    <Plain>
      {status === "restoring" ? (
        <Loading />
      ) : (
        <Failed error={new ApiError(0, "")} onRetry={() => void restore()} />
      )}
    </Plain>
  );
}
