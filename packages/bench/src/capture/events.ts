/** The events of all runs: a dozen properties, as an application sends them. */
export const propertiesOf = (index: number): Record<string, unknown> => ({
  amount: (index * 37 % 1000) / 10,
  currency: "EUR",
  plan: ["free", "pro", "scale"][index % 3],
  path: `/invoices/${index}`,
  items: index % 7,
  trial: index % 2 === 0,
  "$feature/new-editor": true,
  "$feature/pricing-test": "annual-first",
  $active_feature_flags: ["new-editor", "pricing-test"]
})

export const distinctIdOf = (index: number): string => `account-${index * 7919 % 5000}`

/** Events captured before the measurement begins: a rate is that of a process that has been running. */
export const warmUp = 100_000
