import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, data, type Schema } from '~/api/client'
import { useSession } from '~/session/session'

export interface ProjectName {
  id: string
  name: string
}

export const projectsQuery = queryOptions({ queryKey: ['projects'], queryFn: async () => (await data(client.GET('/projects'))) ?? [] })

const none: readonly Schema<'Project'>[] = []

const useSeen = () => useQuery({ ...projectsQuery, enabled: useSession().may('projects', 'see') }).data

/** The projects, as far as one may see them. */
export const useProjects = () => useSeen() ?? none

/** The projects that one may choose among, with their names as far as one may see them. */
export function useProjectNames(): readonly ProjectName[] {
  const { projects } = useSession()
  return useSeen() ?? projects.map((id) => ({ id, name: '' }))
}

/** How a project is called among others: by its name and its id, by which the manual has it. */
export const projectLabel = (projects: readonly ProjectName[], id: string) => {
  const name = projects.find((project) => project.id === id)?.name
  return name ? `${name} (${id})` : id
}
