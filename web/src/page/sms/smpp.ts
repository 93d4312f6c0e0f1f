/** What is said of an SMSC: docs/smpp.md tells of every field. */
export type Smpp = Record<string, string | number | boolean>

interface Field {
  key: string
  kind: 'text' | 'number' | 'choice' | 'switch'
  choices?: readonly string[]
  /** What counts where nothing is said. */
  default?: string | number | boolean
}

/** Those that each connection needs. */
export const mainFields = [
  { key: 'addr', kind: 'text' },
  { key: 'system_id', kind: 'text' },
  { key: 'source', kind: 'text' },
  { key: 'bind', kind: 'choice', choices: ['transceiver', 'transmitter_receiver', 'transmitter'], default: 'transceiver' },
  { key: 'tls', kind: 'switch', default: false },
] as const satisfies readonly Field[]

/** Those that most leave as they are. */
export const moreFields = [
  { key: 'system_type', kind: 'text' },
  { key: 'window', kind: 'number', default: 10 },
  { key: 'enquire_link', kind: 'number', default: 30 },
  { key: 'answer', kind: 'number', default: 10 },
  { key: 'throttle', kind: 'number', default: 1 },
  { key: 'long', kind: 'choice', choices: ['udh', 'udh16', 'payload'], default: 'udh' },
  { key: 'encoding', kind: 'choice', choices: ['auto', 'ucs2'], default: 'auto' },
  { key: 'validity', kind: 'choice', choices: ['relative', 'absolute', 'none'], default: 'relative' },
  { key: 'ids', kind: 'choice', choices: ['as_is', 'hex_dec', 'dec_hex'], default: 'as_is' },
  { key: 'source_ton', kind: 'number' },
  { key: 'source_npi', kind: 'number' },
  { key: 'dest_ton', kind: 'number' },
  { key: 'dest_npi', kind: 'number' },
  { key: 'gsm7_coding', kind: 'number', default: 0 },
  { key: 'ucs2_coding', kind: 'number', default: 8 },
  { key: 'receipts', kind: 'switch', default: true },
] as const satisfies readonly Field[]

export type SmppField = (typeof mainFields)[number] | (typeof moreFields)[number]
