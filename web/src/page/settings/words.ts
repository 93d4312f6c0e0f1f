import type { TFunction } from 'i18next'
import { durationText, keyText } from './texts'

type T = TFunction<['settings', 'common']>

// What a trial says, which is English, and how a manager would say it. {{of}} and {{until}} are what the brackets find.
const words = [
  [/^connected with (.+)$/, 'connected'],
  [/^nobody listens there/, 'refused'],
  [/^no answer in time$/, 'late'],
  [/^nobody knows the name (.+)$/, 'noName'],
  [/^what answers there does not speak TLS$/, 'notTLS'],
  [/^the certificate is of an authority/, 'authority'],
  [/^the certificate is not for (.+)$/, 'otherHost'],
  [/^the certificate is not good at this time/, 'expired'],
  [/^(TLS [\d.]+), certificate good until (.+)$/, 'certificate'],
  [/^signed in$/, 'signedIn'],
  [/^signed in as (.+)$/, 'signedInAs'],
  [/^the agents of (\d+) projects$/, 'projects'],
  [/^(\d+) rows for (.+)$/, 'rows'],
  [/^"(.+)" can be used$/, 'usable'],
  [/^"(.+)" cannot be used as it is set$/, 'notUsable'],
  [/^there is no provider "(.+)"$/, 'noProvider'],
  [/^sms\.provider is not set/, 'nobody'],
  [/^mod_callcenter is loaded$/, 'callcenter'],
  [/^mod_callcenter is not loaded/, 'noCallcenter'],
  [/^secured by (\S+); signed in as (.+)$/, 'securedAs'],
  [/^secured by (\S+); the server takes messages without a log-in$/, 'securedFree'],
  [/^not secured; the server takes messages without a log-in$/, 'openFree'],
  [/^the bucket is there$/, 'bucket'],
  [/^an object was written$/, 'written'],
  [/^it was read back$/, 'read'],
  [/^it was deleted$/, 'deleted'],
  [/^bucket, access key or secret key is not set$/, 'keys'],
  [/^there is no bucket (.+)$/, 'noBucket'],
] as const

const unset = /^([a-z0-9_]+\.[a-z0-9_]+) is not set$/
const up = /^UP (\d+) years?, (\d+) days?, (\d+) hours?, (\d+) minutes?, (\d+) seconds?/

/** What a trial says, in the reader's words; undefined where they are not known. */
export function said(t: T, text: string): string | undefined {
  for (const [form, key] of words) {
    const found = form.exec(text)
    if (found) return t(`word.${key}`, { of: found[1] ?? '', until: found[2] ?? '' })
  }
  const key = unset.exec(text)?.[1]
  if (key) return t('word.unset', { of: keyText(t, key).label })
  const since = up.exec(text)?.slice(1).map(Number)
  if (!since) return undefined
  const [years = 0, days = 0, h = 0, m = 0, s = 0] = since
  const two = (n: number) => String(n).padStart(2, '0')
  return t('word.up', { of: t('word.uptime', { days: years * 365 + days, time: `${h}:${two(m)}:${two(s)}` }) })
}

/** What is wrong with a value, in the reader's words; undefined where they are not known. */
export function wrong(t: T, message: string): string | undefined {
  const [, needed] = /^[a-z0-9_.]+(?: \w+)? needs ([a-z0-9_]+\.[a-z0-9_]+)$/.exec(message) ?? []
  if (needed) return t('wrong.needs', { of: keyText(t, needed).label })
  const [, other] = /cannot be shorter than ([a-z0-9_.]+)$/.exec(message) ?? []
  if (other) return t('wrong.shorter', { of: keyText(t, other).label })
  if (/anybody on the way could read the password$/.test(message)) return t('wrong.readable')
  const [, from, to] = /^want (\S+) to (\S+)$/.exec(message) ?? []
  if (from && to) return t('wrong.range', { from: durationText(t, from), to: durationText(t, to) })
  if (/^want http:\/\/HOST/.test(message)) return t('wrong.url')
  if (/^want a host name/.test(message)) return t('wrong.host')
  return undefined
}
