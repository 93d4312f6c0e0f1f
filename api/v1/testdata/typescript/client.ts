// A client whose types are made of the document. It is compiled, not run: what it uses is what the document says there is.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

type Call = components["schemas"]["Call"];
type Project = components["schemas"]["Project"];

export async function signedIn(baseUrl: string, login: string, password: string) {
  const { data, error } = await createClient<paths>({ baseUrl }).POST("/tokens", { body: { login, password, name: "client" } });
  if (!data) throw new Error(error?.detail ?? "no answer");
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${data.token}` } });
}

type Client = Awaited<ReturnType<typeof signedIn>>;

// All calls of a day, page by page.
export async function* callsOf(client: Client, day: string): AsyncGenerator<Call> {
  for (let cursor: string | undefined; ; ) {
    const { data } = await client.GET("/calls", { params: { query: { from: day, to: day, limit: 100, cursor } } });
    yield* data?.calls ?? [];
    if (!(cursor = data?.next)) return;
  }
}

// A project's name, changed unless somebody else has changed something meanwhile.
export async function rename(client: Client, id: string, name: string): Promise<Project | "changed meanwhile"> {
  const read = await client.GET("/projects/{id}", { params: { path: { id } } });
  const tag = read.response.headers.get("ETag") ?? "";
  const { data, response } = await client.PATCH("/projects/{id}", { params: { path: { id }, header: { "If-Match": tag } }, body: { name } });
  if (response.status === 412) return "changed meanwhile";
  if (!data) throw new Error(String(response.status));
  return data;
}

export async function say(client: Client, phone: string, text: string, key: string): Promise<number> {
  const { data, error } = await client.POST("/sms/messages", { params: { header: { "Idempotency-Key": key } }, body: { phone, text } });
  if (!data) throw new Error(error?.errors?.map((e) => e.message).join() ?? "no answer");
  return data.id;
}

export async function player(client: Client, id: string): Promise<{ src: string; until: Date }> {
  const { data } = await client.POST("/calls/{id}/recording/link", { params: { path: { id } }, body: { seconds: 60 } });
  if (!data) throw new Error("no recording");
  return { src: data.url, until: new Date(data.expires) };
}

export async function agents(client: Client): Promise<string[]> {
  const { data } = await client.GET("/agents", { params: { query: { switch: "main" } } });
  return (data ?? []).map((a) => `${a.name}: ${a.status}`);
}

// What the document does not say is no client either.
export async function mistakes(client: Client) {
  // @ts-expect-error there is no such path
  await client.GET("/nothing");
  // @ts-expect-error whom it is for is missing
  await client.POST("/sms/messages", { body: { text: "x" } });
  // @ts-expect-error it is a number
  await client.PATCH("/projects/{id}", { params: { path: { id: "1" } }, body: { sl_seconds: "20" } });
  // @ts-expect-error there is no such field
  (await client.GET("/status")).data?.nothing;
  // @ts-expect-error there is no such state
  await client.GET("/calls", { params: { query: { disposition: ["lost"] } } });
}
