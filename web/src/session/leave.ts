import { signOut } from './session'

/** Signs out, and begins the page anew: nothing of what was shown stays in it. */
export async function leave() {
  await signOut()
  window.location.assign('/panel/sign-in')
}
