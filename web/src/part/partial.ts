/** Says of what an address asks that none of it has to be there: links give what they mean, and no more. */
export const partial = <T extends object>(search: T): Partial<T> => search
