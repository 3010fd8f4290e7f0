/** The start of one process, and its record: `<instance>.run` holds pid, start time, start id and release. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AegisError, wordsOf } from '../../errors.ts';
import type { Unit } from './process-unit.ts';
import { readIfThere } from './whole-file.ts';

/**
 * The shell that becomes the process. It first claims the start id (mkdir is atomic: a second start under the same id
 * ends here), and sees that the last start on record is still the one that its caller knows (else somebody started the
 * instance meanwhile, and two would run); then it records who it is and execs. So a process that runs is always on
 * record, whoever dies meanwhile.
 */
const STARTER = `
claim=$1; run=$2; id=$3; known=$4; version=$5; shift 5
mkdir "$claim" 2>/dev/null || exit 0
last=; if read -r pid began rest 2>/dev/null < "$run"; then last="$pid:$began"; fi
[ "$last" = "$known" ] || exit 0
if read -r stat 2>/dev/null < "/proc/$$/stat"; then start=$(echo "\${stat##*) }" | cut -d ' ' -f 20)
else start=$(LC_ALL=C ps -o lstart= -p $$ | sed 's/ *$//' | tr -s ' ' '_'); fi
echo "$$ $start $id $version" > "$run.$$" && mv "$run.$$" "$run" && exec "$@"`;

export interface RunRecord {
  pid: number;
  start: string;
  startId: string;
  version: string | null;
}

/** Null where no start is on record. Throws AEGIS_RUNTIME. */
export async function readRunRecord(path: string): Promise<RunRecord | null> {
  const text = await readIfThere(path).catch((error) => {
    throw new AegisError('AEGIS_RUNTIME', `start record ${path}: ${wordsOf(error)}`, { cause: error });
  });
  const match = /^(\d+) (\S+) (\S+)(?: (\S+))?$/.exec(text?.trim() ?? '');
  if (!match?.[2] || !match[3]) return null;
  return { pid: Number(match[1]), start: match[2], startId: match[3], version: match[4] ?? null };
}

export interface Claim {
  /** Folder that the start makes, as its claim of the start id. */
  claim: string;
  /** The record that it writes. */
  run: string;
  startId: string;
  /** Identity of the last start that the caller knows, '' for none. */
  known: string;
}

/** Starts what an expanded unit says, detached. Throws AEGIS_RUNTIME where not even a shell can be started. */
export async function spawnDetached(unit: Unit, { claim, run, startId, known }: Claim): Promise<void> {
  await mkdir(dirname(unit.output), { recursive: true });
  const output = openSync(unit.output, 'a');
  try {
    const words = [claim, run, startId, known, unit.version ?? '', ...unit.command];
    const child = spawn('/bin/sh', ['-c', STARTER, 'start', ...words], {
      cwd: unit.cwd,
      env: unit.env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
  } catch (error) {
    throw new AegisError('AEGIS_RUNTIME', `cannot start in ${unit.cwd}: ${wordsOf(error)}`, { cause: error });
  } finally {
    closeSync(output);
  }
}

/** The whole group; one that is gone meanwhile is what we wanted. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The last characters of a file; '' where there is none yet. */
export async function tailOfFile(path: string, chars: number): Promise<string> {
  const file = await open(path).catch(() => null); // no output yet is an empty output
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, chars * 4); // UTF-8: at most four bytes a character
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').slice(-chars);
  } finally {
    await file.close();
  }
}
