/** The inventory file (Prometheus file_sd format), as the load generator needs it: base addresses of one service. */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';

const Inventory = z.array(z.object({ labels: z.record(z.string(), z.string()) }));

/** Base addresses (`aegis.url`, no trailing slash) of the instances of `service`; throws words that name what is wrong. */
export function urlsOf(text: string, service: string): string[] {
  const parsed = Inventory.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new Error(parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
  return parsed.data
    .filter((group) => group.labels.service === service)
    .map((group) => group.labels['aegis.url'])
    .filter((url) => url !== undefined && URL.canParse(url))
    .map((url) => String(url).replace(/\/+$/, ''));
}

export interface InventoryOptions {
  file: string;
  service: string;
  /**
   * Called once for each new reason why the file cannot be read; the last good list stays in use. One that nobody has
   * written yet is no problem, and lists nobody.
   */
  onProblem: (words: string) => void;
}

/** A function that gives the addresses of now; it reads the file again only when it was changed. */
export function makeInventory({ file, service, onProblem }: InventoryOptions): () => Promise<string[]> {
  let urls: string[] = [];
  let seen = '';
  let problem = '';
  return async () => {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === seen) return urls;
      urls = urlsOf(await readFile(file, 'utf8'), service);
      seen = version;
      problem = '';
    } catch (error) {
      if (seen === '' && (error as NodeJS.ErrnoException).code === 'ENOENT') return urls;
      const words = `cannot read the inventory ${file}: ${error instanceof Error ? error.message : String(error)}`;
      if (words !== problem) onProblem(words);
      problem = words;
    }
    return urls;
  };
}
