/** The part of a client for Kafka that the recipe uses: kafkajs has it in this shape. */
export interface Message {
  readonly key: string
  readonly value: string
}

export interface Producer {
  readonly send: (record: { readonly topic: string; readonly messages: ReadonlyArray<Message> }) => Promise<unknown>
}

export interface Consumer {
  readonly run: (options: {
    readonly eachBatch: (payload: { readonly batch: { readonly messages: ReadonlyArray<Message> } }) => Promise<void>
  }) => Promise<void>
}

/**
 * A broker in memory. As with Kafka, messages with one key stay in order, and a batch is handed out again until
 * `eachBatch` has ended well.
 */
export const makeBroker = (partitions: number, batchSize: number) => {
  const logs = Array.from({ length: partitions }, () => ({ messages: [] as Array<Message>, committed: 0 }))
  let redelivered = 0
  const producer: Producer = {
    send: async ({ messages }) => {
      for (const message of messages) {
        const hash = [...message.key].reduce((sum, character) => sum * 31 + (character.codePointAt(0) ?? 0) | 0, 7)
        logs[Math.abs(hash) % partitions]?.messages.push(message)
      }
    }
  }
  const consumer: Consumer = {
    run: async ({ eachBatch }) => {
      for (const log of logs) {
        while (log.committed < log.messages.length) {
          const messages = log.messages.slice(log.committed, log.committed + batchSize)
          const done = await eachBatch({ batch: { messages } }).then(() => true, () => false)
          if (done) log.committed += messages.length
          else redelivered++
        }
      }
    }
  }
  return { producer, consumer, redelivered: () => redelivered }
}
