/** What templates and providers may be called. Source: internal/setting, CheckName. */
export const nameForm = /^[a-z0-9][a-z0-9_-]{0,31}$/
