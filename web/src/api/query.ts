import { QueryClient } from '@tanstack/react-query'
import { isProblem } from './problem'

/** What was asked of the API and may be shown again. A refusal stays one; what is out of reach is asked for once more. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, failure) => failures < 1 && isProblem(failure, 0, 502, 503),
      refetchOnWindowFocus: false,
    },
    mutations: { retry: false },
  },
})
