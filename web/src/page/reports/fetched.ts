import { data } from '~/api/client'

/** A report as rows: the same paths answer with files too, which are fetched elsewhere. */
export async function fetched<T>(asked: Promise<{ data?: T; response: Response }>): Promise<Exclude<T, string>> {
  return (await data(asked)) as Exclude<T, string>
}
