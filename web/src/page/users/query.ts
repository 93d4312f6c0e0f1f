import { notifications } from '@mantine/notifications'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, data, ifMatch, type Schema, type Tagged, tagged } from '~/api/client'

export type User = Schema<'User'>

export const usersQuery = queryOptions({
  queryKey: ['users', 'list'],
  queryFn: async () => (await data(client.GET('/users'))) ?? [],
})

export const userQuery = (login: string) =>
  queryOptions({
    queryKey: ['users', 'user', login],
    queryFn: () => tagged(client.GET('/users/{login}', { params: { path: { login } } })),
  })

export const tokensQuery = (login: string) =>
  queryOptions({
    queryKey: ['users', 'tokens', login],
    queryFn: async () => (await data(client.GET('/users/{login}/tokens', { params: { path: { login } } }))) ?? [],
  })

export const keysQuery = (login: string) =>
  queryOptions({
    queryKey: ['users', 'keys', login],
    queryFn: async () => (await data(client.GET('/users/{login}/keys', { params: { path: { login } } }))) ?? [],
  })

type Edit = Schema<'Change-userRequest'>

/** Changes a user as he was read; who has changed him meanwhile is not overruled. */
export function useUserChange({ value: { login }, etag }: Tagged<User>) {
  const queries = useQueryClient()
  return async (body: Edit) => {
    const now = await tagged(client.PATCH('/users/{login}', { params: { path: { login }, header: ifMatch(etag) }, body }))
    queries.setQueryData(userQuery(login).queryKey, now)
    void queries.invalidateQueries({ queryKey: usersQuery.queryKey })
    void queries.invalidateQueries({ queryKey: tokensQuery(login).queryKey })
    return now
  }
}

/** A single change of a user by a button. */
export function useUserDeed(user: Tagged<User>) {
  const change = useUserChange(user)
  return useMutation({
    mutationFn: ({ edit }: { edit: Edit; told: string }) => change(edit),
    onSuccess: (_, { told }) => notifications.show({ message: told }),
  })
}
