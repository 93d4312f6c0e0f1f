/** A phone number in groups as people read it; what is none stays as it is. */
export const phone = (number: string) =>
  number.replace(
    /^\+?([78])(\d{3})(\d{3})(\d{2})(\d{2})$/,
    (_, code: string, a: string, b: string, c: string, d: string) => `${code === '7' ? '+7' : '8'}\u00a0${a}\u00a0${b}-${c}-${d}`,
  )
