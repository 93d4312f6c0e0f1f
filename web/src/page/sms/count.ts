// The alphabet of GSM-7, and what of it takes two places. Source: 3GPP TS 23.038, 6.2.1 and 6.2.1.1; as internal/sms/part.go counts.
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const twice = new Set('\f^{}\\[~]|€')

export interface Count {
  encoding: 'gsm-7' | 'ucs-2'
  /** Places that the text takes, and those of all its parts together. */
  used: number
  room: number
  parts: number
}

/** In how many parts a text is sent. A character is never divided between two parts. */
export function count(text: string): Count {
  const gsm: number[] = []
  let all = true
  for (const character of text) {
    if (basic.has(character)) gsm.push(1)
    else if (twice.has(character)) gsm.push(2)
    else {
      all = false
      break
    }
  }
  return all
    ? divided('gsm-7', gsm, 160, 153)
    : divided(
        'ucs-2',
        [...text].map((character) => character.length),
        70,
        67,
      )
}

function divided(encoding: Count['encoding'], places: readonly number[], one: number, many: number): Count {
  const used = places.reduce((sum, n) => sum + n, 0)
  if (used <= one) return { encoding, used, room: one, parts: 1 }
  let parts = 1
  let room = many
  for (const n of places) {
    if (n > room) {
      parts++
      room = many
    }
    room -= n
  }
  return { encoding, used, room: parts * many, parts }
}
