/** One event of a stream of Server-Sent Events; a comment is one without data. */
export interface StreamEvent {
  event: string
  data: string
  id: string
}

/**
 * Reads Server-Sent Events. Not through EventSource: that hides the comments by which a silent stream is told from a broken one, and
 * the status by which an ended session is told from a restart.
 */
export class EventReader {
  private rest = ''
  private id = ''
  private event = ''
  private data: string[] = []

  /** The events that text completes. */
  read(text: string): StreamEvent[] {
    const found: StreamEvent[] = []
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (this.data.length > 0) found.push({ event: this.event || 'message', data: this.data.join('\n'), id: this.id })
        this.event = ''
        this.data = []
        continue
      }
      const colon = line.indexOf(':')
      const name = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
      if (name === 'data') this.data.push(value)
      else if (name === 'event') this.event = value
      else if (name === 'id') this.id = value
    }
    return found
  }
}
