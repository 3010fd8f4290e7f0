/** The system that most stand-ins stand on: a minimal Debian bookworm, which the official images are made of too. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { STAND_IN } from '../../../tools/test/docker.ts';
import { findMirror } from '../../../tools/toolchain/apt.ts';
import { run, runOk } from '../../../tools/toolchain/command.ts';
import { onPath } from '../../../tools/toolchain/files.ts';
import { type Say, startProgress } from '../../../tools/toolchain/progress.ts';
import type { Kept } from './kept.ts';

export const SUITE = 'bookworm';
/** busybox for those whose official image has its wget; the libraries for PostgreSQL's clients. */
const PACKAGES = ['ca-certificates', 'busybox-static', 'libpq5', 'libreadline8'];
/** What debootstrap leaves behind, and nobody needs in an image. */
const LEFT_OUT = ['./var/cache/apt/archives/*.deb', './var/lib/apt/lists/*', './var/log/*.log'];

const RECIPE = JSON.stringify([SUITE, PACKAGES, LEFT_OUT]);
const HASH = createHash('sha256').update(RECIPE).digest('hex').slice(0, 12);
/** The recipe is part of its name, so whoever builds upon it need not ask how old it is. */
export const BASE = `aegisops/stand-in-base:${SUITE}-${HASH}`;

/** Makes the base where the engine has none: from the tar archive in the cache, which is made once by debootstrap. */
export async function ensureBase({ kept, say }: { kept: Kept; say: Say }): Promise<void> {
  const { code } = await run('docker', ['image', 'inspect', BASE]);
  if (code === 0) return;
  const archive = await kept.file(`base-${SUITE}-${HASH}-${process.arch}.tar.gz`, (path, scratch) =>
    debootstrap(path, join(scratch, 'root'), say),
  );
  await runOk('docker', [
    'import',
    '--change',
    `LABEL ${STAND_IN}=true`,
    '--change',
    'CMD ["bash"]',
    archive,
    BASE,
  ]);
  say(`${BASE}: made, a minimal Debian ${SUITE}`);
}

async function debootstrap(archive: string, root: string, say: Say): Promise<void> {
  const program = onPath('debootstrap', `${process.env.PATH}:/usr/sbin:/sbin`)[0];
  if (program === undefined) throw new Error('there is no debootstrap here: apt-get install debootstrap');
  if (process.getuid?.() !== 0) throw new Error('debootstrap works for root alone');
  const mirror = await findMirror();
  const label = `a minimal Debian ${SUITE} from this machine's mirror, by debootstrap`;
  say(label);
  const progress = startProgress(say, label);
  try {
    const how = ['--variant=minbase', `--include=${PACKAGES.join(',')}`];
    await runOk(program, [...how, SUITE, root, mirror], { timeoutMs: 600_000 });
    const excludes = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
    await runOk('tar', ['-C', root, ...excludes, '--use-compress-program=gzip -1', '-cf', archive, '.']);
  } finally {
    progress.stop();
  }
}
