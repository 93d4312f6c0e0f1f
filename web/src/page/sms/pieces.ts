/** A piece of a template's text: as it stands there, or a place for a value. */
export interface Piece {
  text: string
  place: boolean
}

/** What is wrong with a template, and at which character, from 1. */
export interface Fault {
  kind: 'open' | 'close' | 'name'
  at: number
}

const nameForm = /^[\p{L}_][\p{L}\p{N}_]{0,63}$/u

/** Reads a template as internal/sms/template.go does: {name} is a place, {{ and }} are braces. */
export function pieces(text: string): { pieces: Piece[]; fault?: Fault } {
  const all: Piece[] = []
  const runes = [...text]
  let plain = ''
  const done = () => {
    if (plain) all.push({ text: plain, place: false })
    plain = ''
  }
  for (let i = 0; i < runes.length; i++) {
    const rune = runes[i] ?? ''
    if ((rune === '{' || rune === '}') && runes[i + 1] === rune) {
      plain += rune
      i++
    } else if (rune === '}') {
      return { pieces: all, fault: { kind: 'close', at: i + 1 } }
    } else if (rune === '{') {
      const end = runes.indexOf('}', i)
      if (end < 0) return { pieces: all, fault: { kind: 'open', at: i + 1 } }
      const name = runes.slice(i + 1, end).join('')
      if (!nameForm.test(name)) return { pieces: all, fault: { kind: 'name', at: i + 1 } }
      done()
      all.push({ text: name, place: true })
      i = end
    } else {
      plain += rune
    }
  }
  done()
  return { pieces: all }
}

/** The names of a template's places, each once. */
export const placesOf = (text: string) => [...new Set(pieces(text).pieces.flatMap((piece) => (piece.place ? piece.text : [])))]

/** The text with values in its places; a place without one stands there as it is. */
export const rendered = (text: string, values: Readonly<Record<string, string>>) =>
  pieces(text)
    .pieces.map((piece) => (piece.place ? values[piece.text] || `{${piece.text}}` : piece.text))
    .join('')
