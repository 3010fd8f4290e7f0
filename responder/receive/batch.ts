/** Gathers what arrives while a write is under way into the next write: one transaction for many requests. */
import { AegisError } from '../errors.ts';

interface Waiting<In, Out> {
  items: In[];
  resolve: (out: Out[]) => void;
  reject: (error: unknown) => void;
}
interface Options<In, Out> {
  /** Stores all items or none; its results are in the order of the items. */
  write: (items: In[]) => Promise<Out[]>;
  maxBatch?: number;
  /** More items than this waiting is overload: AEGIS_OVERLOADED, nothing stored. */
  maxWaiting?: number;
}

export function makeBatch<In, Out>({ write, maxBatch = 500, maxWaiting = 20_000 }: Options<In, Out>) {
  const queue: Waiting<In, Out>[] = [];
  let size = 0;
  let writing = false;

  function take(): Waiting<In, Out>[] {
    const batch: Waiting<In, Out>[] = [];
    let count = 0;
    while (queue[0] && (batch.length === 0 || count + queue[0].items.length <= maxBatch)) {
      const next = queue.shift() as Waiting<In, Out>;
      count += next.items.length;
      batch.push(next);
    }
    size -= count;
    return batch;
  }

  async function writeBatch(batch: Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await write(batch.flatMap((waiting) => waiting.items));
      let from = 0;
      for (const { items, resolve } of batch) {
        resolve(results.slice(from, from + items.length));
        from += items.length;
      }
    } catch (error) {
      // Where the database is there but refuses, one bad request must not take the others down with it.
      if (batch.length > 1 && !(error instanceof AegisError))
        for (const one of batch) await writeBatch([one]);
      else for (const { reject } of batch) reject(error);
    }
  }

  async function drain(): Promise<void> {
    writing = true;
    for (let batch = take(); batch.length > 0; batch = take()) await writeBatch(batch);
    writing = false;
  }

  return (items: In[]): Promise<Out[]> =>
    new Promise((resolve, reject) => {
      if (size + items.length > maxWaiting)
        return reject(new AegisError('AEGIS_OVERLOADED', `${size} alerts wait to be stored already`));
      size += items.length;
      queue.push({ items, resolve, reject });
      if (!writing) void drain();
    });
}
