/**
 * The inventory file: Prometheus' file_sd format, one group an instance, the same `aegis.*` keys as container labels. A
 * person writes it for the process runtime, the docker runtime writes it from the labels. Read anew when it changes; a broken
 * edit keeps the last good reading and says so.
 */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { AegisError, wordsOf } from '../../errors.ts';

const ACTIONS = ['RESTART', 'SCALE_UP', 'ROLLBACK', 'NOOP'] as const;
const Labels = z.object({
  service: z.string().min(1),
  instance: z.string().min(1),
  'aegis.enable': z.enum(['true', 'false']).default('false'),
  'aegis.service': z.string().optional(),
  'aegis.actions': z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter(Boolean),
    )
    .pipe(z.array(z.enum(ACTIONS))),
  'aegis.autonomy': z.enum(['observe', 'suggest', 'approve', 'auto']).optional(),
  'aegis.url': z.url().optional(),
  'aegis.health': z.url().optional(),
  'aegis.max-replicas': z.coerce.number().int().min(1).default(1),
  'aegis.cost-per-minute': z.coerce.number().min(0).optional(),
  /** Start id of the scaling up that added it, written by the runtime. */
  'aegis.added-by': z.string().optional(),
});
/** What is wrong with the labels of one instance, or null. */
export function problemOf(labels: Record<string, string>): string | null {
  const { error } = Labels.safeParse(labels);
  return error ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') : null;
}

/** Prometheus knows only `service` and `instance`: another name for us, or one name for two, would mix services up. */
const File = z
  .array(
    z.object({
      targets: z.array(z.string()),
      labels: Labels.refine((l) => (l['aegis.service'] ?? l.service) === l.service, {
        error: 'must be the same as the label service',
        path: ['aegis.service'],
      }),
    }),
  )
  .refine((groups) => new Set(groups.map((g) => g.labels.instance)).size === groups.length, {
    error: 'two groups have the same instance',
  });
type Group = z.infer<typeof Labels>;

export interface InventoryTarget {
  name: string;
  enabled: boolean;
  actions: (typeof ACTIONS)[number][];
  autonomy: 'observe' | 'suggest' | 'approve' | 'auto';
  /** Why nothing can be done to it just now, whatever its labels say; null where it can. */
  limit: string | null;
  maxReplicas: number;
  /** What a minute of it being broken costs, in US dollars; undefined where its labels do not say. */
  usdPerMinute?: number;
  instances: { id: string; url: string | null; health: string | null }[];
}
/** All targets as the file has them now. Throws AEGIS_INVENTORY when it was never readable. */
export type ReadInventory = () => Promise<InventoryTarget[]>;

interface Options {
  path: string;
  /** For targets whose labels do not say. */
  autonomy: InventoryTarget['autonomy'];
  /** Why the runtime can do nothing just now; null where it can. */
  limit?: () => string | null;
  onError: (words: string) => void;
}

export function makeInventory({ path, autonomy, limit = () => null, onError }: Options): ReadInventory {
  let good: { version: string; targets: InventoryTarget[] } | null = null;
  let told = '';
  return async () => {
    try {
      const { mtimeMs, size, ino } = await stat(path);
      const version = `${mtimeMs}/${size}/${ino}`;
      if (good?.version !== version)
        good = { version, targets: parseInventory(await readFile(path, 'utf8'), autonomy) };
      told = '';
    } catch (error) {
      const words = `inventory ${path}: ${error instanceof z.ZodError ? z.prettifyError(error) : wordsOf(error)}`;
      if (!good) throw new AegisError('AEGIS_INVENTORY', words, { cause: error });
      if (told !== words) onError(`${words}; the last good reading stays in force`);
      told = words;
    }
    const reason = limit();
    if (reason === null) return good.targets;
    return good.targets.map((target) => ({ ...target, autonomy: 'observe' as const, limit: reason }));
  };
}

/** Throws ZodError or SyntaxError. */
export function parseInventory(text: string, autonomy: InventoryTarget['autonomy']): InventoryTarget[] {
  const groups = File.parse(JSON.parse(text)).map((group) => group.labels);
  const services = Map.groupBy(groups, (labels) => labels.service);
  return [...services].map(([name, instances]) => targetOf(name, instances, autonomy));
}

/** Where the instances of a service disagree, the narrower word counts. */
function targetOf(name: string, groups: Group[], fallback: InventoryTarget['autonomy']): InventoryTarget {
  const order = ['observe', 'suggest', 'approve', 'auto'] as const;
  const levels = groups.map((g) => order.indexOf(g['aegis.autonomy'] ?? fallback));
  const prices = groups.flatMap((g) => g['aegis.cost-per-minute'] ?? []);
  return {
    name,
    enabled: groups.every((g) => g['aegis.enable'] === 'true'),
    actions: ACTIONS.filter((action) => groups.every((g) => g['aegis.actions'].includes(action))),
    autonomy: order[Math.min(...levels)] ?? 'observe',
    limit: null,
    maxReplicas: Math.min(...groups.map((g) => g['aegis.max-replicas'])),
    ...(prices.length > 0 && { usdPerMinute: Math.min(...prices) }),
    instances: groups.map((g) => ({
      id: g.instance,
      url: g['aegis.url'] ?? null,
      health: g['aegis.health'] ?? null,
    })),
  };
}
