import { expect, test } from '@playwright/test'
import { EventReader } from '../src/api/events'

const event = (id: string, name: string, data: string) => ({ id, event: name, data })

for (const { name, pieces, want } of [
  { name: 'an event', pieces: ['id: 1\nevent: queue\ndata: {"a":1}\n\n'], want: [event('1', 'queue', '{"a":1}')] },
  { name: 'in pieces', pieces: ['id: 1\nev', 'ent: gone\ndata: {', '}\n', '\nid: 2\n'], want: [event('1', 'gone', '{}')] },
  { name: 'a comment between', pieces: [': alive\n\nid:2\ndata:x\n\n'], want: [event('2', 'message', 'x')] },
  { name: 'several lines of data', pieces: ['data: a\ndata: b\n\n'], want: [event('', 'message', 'a\nb')] },
  { name: 'the last id stays', pieces: ['id: 7\ndata: a\n\ndata: b\n\n'], want: [event('7', 'message', 'a'), event('7', 'message', 'b')] },
  { name: 'no data is no event', pieces: ['id: 8\nevent: reset\n\n'], want: [] },
]) {
  test(`reads events: ${name} @main`, () => {
    const reader = new EventReader()
    expect(pieces.flatMap((piece) => reader.read(piece))).toEqual(want)
  })
}
