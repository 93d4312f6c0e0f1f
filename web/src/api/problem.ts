/** What is wrong with one field of what was sent. */
export interface FieldProblem {
  location?: string
  message?: string
}

/** The types of those that are told from others of their status. */
export const passwordDue = 'urn:callgate:password_due'
export const codeDue = 'urn:callgate:code_due'

/** A failure as the API tells it (RFC 9457), or as the network does: then the status is 0. */
export class Problem extends Error {
  readonly status: number
  /** A URI for those that have one, else empty. */
  readonly type: string
  /** In the API's words, which are English. */
  readonly detail: string
  readonly errors: readonly FieldProblem[]
  /** Under which the process log knows the request; empty where no answer came. */
  readonly requestId: string
  /** Seconds, 0 where nothing was said. */
  readonly retryAfter: number

  constructor(
    status: number,
    told: { type?: string | undefined; detail?: string | undefined; errors?: readonly FieldProblem[] | null | undefined },
    headers?: Headers,
  ) {
    super(told.detail || `status ${status}`)
    this.name = 'Problem'
    this.status = status
    this.type = told.type ?? ''
    this.detail = told.detail ?? ''
    this.errors = told.errors ?? []
    this.requestId = headers?.get('X-Request-Id') ?? ''
    this.retryAfter = Number(headers?.get('Retry-After') ?? 0)
  }

  static async of(answer: Response): Promise<Problem> {
    const told: unknown = await answer.json().catch(() => ({}))
    return new Problem(answer.status, told !== null && typeof told === 'object' ? told : {}, answer.headers)
  }
}

/** Tells a problem from an error of our own making. */
export function isProblem(failure: unknown, ...statuses: number[]): failure is Problem {
  return failure instanceof Problem && (statuses.length === 0 || statuses.includes(failure.status))
}
