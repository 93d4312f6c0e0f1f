import { useState } from 'react'
import { accountOf, useLive } from './data'

const key = 'callgate.account'

/** What an account may be called. */
export const account = /^[A-Za-z0-9._-]{1,64}$/

/** The phone of who sits here, as it was named last. */
export const ownAccount = () => localStorage.getItem(key) ?? ''
export const keepAccount = (name: string) => localStorage.setItem(key, name)

/** The accounts of the agents' phones, to choose from. */
export function useAccounts(): string[] {
  const agents = useLive('agents')
  return [...new Set(agents.map(({ contact }) => accountOf(contact)).filter((name) => name !== ''))].sort()
}

/** A key under which an order is carried out once, also where the page came without TLS and crypto.randomUUID is not there. */
export function useOrderKey(): [string, () => void] {
  const [order, setOrder] = useState(anew)
  return [order, () => setOrder(anew())]
}

const anew = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
