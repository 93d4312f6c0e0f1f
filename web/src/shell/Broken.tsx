import { useRouter } from '@tanstack/react-router'
import { Failed } from '~/part/Failed'

/** Stands in the place of a page that could not be shown. */
export function Broken({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter()
  const again = () => {
    reset()
    void router.invalidate()
  }
  return <Failed failure={error} onRetry={again} />
}
