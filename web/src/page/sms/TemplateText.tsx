import { Fragment } from 'react'
import style from './Bubble.module.css'
import { pieces } from './pieces'

/** The text of a template with its places to be seen. */
export function TemplateText({ text }: { text: string }) {
  const read = pieces(text)
  if (read.fault) return text
  let at = 0
  return read.pieces.map((piece) => {
    const key = at++
    return piece.place ? (
      <span key={key} className={style.place}>
        {piece.text}
      </span>
    ) : (
      <Fragment key={key}>{piece.text}</Fragment>
    )
  })
}
