/**
 * `<instance>.unit.json`: how an instance is started. What differs from instance to instance is written as a
 * placeholder, so that a copy for another one needs only other ports.
 */
import { z } from 'zod';
import { AegisError, wordsOf } from '../../errors.ts';
import { readIfThere, writeWhole } from './whole-file.ts';

const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const PORT_NAME = /^[A-Za-z0-9_-]+$/;
const PLACEHOLDER = /\{(?:instance|ports\.([A-Za-z0-9_-]+))\}/g;
/** Its environment may hold passwords. */
const MODE = 0o600;

/** Loose: what a later version or a person wrote besides is kept. */
export const Unit = z.looseObject({
  command: z.array(z.string()).min(1),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  output: z.string(),
  /** Release that is started by this. */
  version: z.string().regex(VERSION).optional(),
  /** Port numbers by name; `{ports.NAME}` in command, env and output stands for them. */
  ports: z.record(z.string().regex(PORT_NAME), z.int().min(1).max(65_535)).optional(),
  /** Start id of the scaling up that made this instance; absent where a person made it. */
  addedBy: z.string().optional(),
});
export type Unit = z.infer<typeof Unit>;

/** Whether a text can be the name of a release. */
export const isVersion = (text: string) => VERSION.test(text);

/** Null where there is none. Throws AEGIS_RUNTIME where it is not valid. */
export async function readUnitIfThere(path: string): Promise<Unit | null> {
  try {
    const text = await readIfThere(path);
    return text === null ? null : Unit.parse(JSON.parse(text));
  } catch (error) {
    const words = error instanceof z.ZodError ? z.prettifyError(error) : wordsOf(error);
    throw new AegisError('AEGIS_RUNTIME', `unit file ${path}: ${words}`, { cause: error });
  }
}

/** Throws AEGIS_RUNTIME where it is missing or not valid. */
export async function readUnit(path: string): Promise<Unit> {
  const unit = await readUnitIfThere(path);
  if (!unit) throw new AegisError('AEGIS_RUNTIME', `unit file ${path} does not exist`);
  return unit;
}

export async function writeUnit(path: string, unit: Unit): Promise<void> {
  await writeWhole(path, `${JSON.stringify(unit, null, 2)}\n`, MODE);
}

/** The unit with the values of this instance in place of the placeholders. Throws AEGIS_RUNTIME for a port without a number. */
export function expand(unit: Unit, instance: string): Unit {
  const fill = (text: string) =>
    text.replaceAll(PLACEHOLDER, (placeholder, name: string | undefined) => {
      if (name === undefined) return instance;
      const port = unit.ports?.[name];
      if (port !== undefined) return String(port);
      const known = Object.keys(unit.ports ?? {}).join(', ') || 'none';
      throw new AegisError(
        'AEGIS_RUNTIME',
        `the unit of ${instance} names ${placeholder}; its ports: ${known}`,
      );
    });
  return {
    ...unit,
    command: unit.command.map(fill),
    env: Object.fromEntries(Object.entries(unit.env).map(([name, value]) => [name, fill(value)])),
    output: fill(unit.output),
  };
}
