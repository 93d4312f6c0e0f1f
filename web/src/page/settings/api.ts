import { queryOptions } from '@tanstack/react-query'
import { client, tagged } from '~/api/client'

export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: () => tagged(client.GET('/settings')) })
