/** From the generated API document: which paths there are, what each takes and what it answers. */

import type { paths } from "./schema";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that know a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;

type Success<Responses> = Responses extends { 200: infer R }
  ? R
  : Responses extends { 201: infer R }
    ? R
    : Responses extends { 202: infer R }
      ? R
      : unknown;

type Json<Content> = Content extends { content: { "application/json": infer Body } }
  ? Body
  : undefined;

/** The body of the answer when all went well. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Json<Success<R>> : never;

type PathParameters<Op> = Op extends { parameters: { path: infer Path } }
  ? { path: Path }
  : unknown;
type QueryParameters<Op> = Op extends { parameters: { query?: infer Query } }
  ? { query?: Query }
  : unknown;
type RequestBody<Op> = Op extends { requestBody: { content: { "multipart/form-data": unknown } } }
  ? { body: FormData }
  : Op extends { requestBody: { content: { "application/json": infer Body } } }
    ? { body: Body }
    : unknown;

/** What a request must and may bring. */
export type Given<P extends keyof paths, M extends Method> = PathParameters<Operation<P, M>> &
  QueryParameters<Operation<P, M>> &
  RequestBody<Operation<P, M>>;
