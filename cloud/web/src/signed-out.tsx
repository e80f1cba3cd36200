/** The pages of somebody who is not signed in. The form comes at once, the rest when opened. */

import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { Plain } from "./components/plain";
import { Loading } from "./components/states";
import { SignIn } from "./pages/sign-in";

const Register = lazy(async () => ({ default: (await import("./pages/register")).Register }));
const ForgotPassword = lazy(async () => ({
  default: (await import("./pages/forgot-password")).ForgotPassword,
}));
/** Also for who is signed in: the mail's link is opened on any device. */
export const NewPassword = lazy(async () => ({
  default: (await import("./pages/new-password")).NewPassword,
}));
const CodeSignIn = lazy(async () => ({
  default: (await import("./customer/code-sign-in")).CodeSignIn,
}));

export function SignedOut() {
  return (
    <Suspense
      fallback={
        <Plain>
          <Loading />
        </Plain>
      }
    >
      <Routes>
        <Route path="/register" element={<Register />} />
        <Route path="/forgot-password" element={<ForgotPassword />} />
        <Route path="/new-password" element={<NewPassword />} />
        {["/code", "/my/*"].map((path) => (
          <Route key={path} path={path} element={<CodeSignIn />} />
        ))}
        {/* signed out, every address leads on to where one wanted to go */}
        <Route path="*" element={<SignIn />} />
      </Routes>
    </Suspense>
  );
}
