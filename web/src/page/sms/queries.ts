import { useQuery } from '@tanstack/react-query'
import { client, data } from '~/api/client'

/** Who carries messages. Only who is not limited to projects may ask. */
export const useProviders = (enabled = true) =>
  useQuery({ queryKey: ['sms', 'providers'], queryFn: async () => (await data(client.GET('/sms/providers'))) ?? [], enabled })

/** Descriptions of providers that come with callgate; they do not change while it runs. */
export const usePresets = () =>
  useQuery({
    queryKey: ['sms', 'presets'],
    queryFn: async () => (await data(client.GET('/sms/presets'))) ?? [],
    staleTime: Number.POSITIVE_INFINITY,
  })
