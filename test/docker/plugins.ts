/**
 * `node tools/bootstrap.mjs test/docker/plugins.ts`: gives the `docker` command its plugins Compose and buildx where it
 * has none: Debian's packages, unpacked into the user's own folder for plugins. Needs a Debian, not root.
 */
import { chmodSync, copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeApt } from '../../tools/toolchain/apt.ts';
import { makeScratch } from '../../tools/toolchain/cache.ts';
import { run } from '../../tools/toolchain/command.ts';
import { cacheDir } from '../../tools/toolchain/files.ts';

/** Names of the plugin's command and of its file, which is that of Debian's package too. */
const PLUGINS = { compose: 'docker-compose', buildx: 'docker-buildx' };
const FOLDER = join(process.env.DOCKER_CONFIG || join(homedir(), '.docker'), 'cli-plugins');

const say = (line: string) => void process.stdout.write(`plugins: ${line}\n`);

try {
  const missing: [command: string, file: string][] = [];
  for (const [command, file] of Object.entries(PLUGINS))
    if (!(await works(command))) missing.push([command, file]);
  if (missing.length > 0) await install(missing);
} catch (error) {
  process.stderr.write(`plugins: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function works(command: string): Promise<boolean> {
  return (await run('docker', [command, 'version'])).code === 0;
}

async function install(missing: [command: string, file: string][]): Promise<void> {
  const scratch = makeScratch(cacheDir());
  try {
    const packages = missing.map(([, file]) => file);
    await makeApt({ dir: join(scratch.dir, 'apt') }).unpack(packages, scratch.dir, say);
    mkdirSync(FOLDER, { recursive: true });
    for (const [command, file] of missing) {
      const [plugin, partial] = [join(FOLDER, file), join(FOLDER, `.${file}.${process.pid}`)];
      copyFileSync(join(scratch.dir, 'usr/libexec/docker/cli-plugins', file), partial);
      chmodSync(partial, 0o755);
      renameSync(partial, plugin);
      if (!(await works(command))) throw new Error(`docker ${command} does not work with ${plugin}`);
      say(`docker ${command} is there (${plugin})`);
    }
  } finally {
    scratch.remove();
  }
}
