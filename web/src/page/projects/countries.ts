/** The countries whose numbering plans the API knows. */
export const countries =
  'AE AM AZ BG BY CA CH CN CY CZ DE EE ES FI FR GB GE GR IL IN IT KG KZ LT LV MD NL NO PL PT RO RS RU SE TJ TM TR UA US UZ'.split(' ')
