/** A key of our own by which the API knows a message that is given again. (crypto.randomUUID is there over https only.) */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
