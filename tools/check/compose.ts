/** docker-compose.yml with the settings of .env.example, by Compose itself. No engine is needed for that. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../toolchain/command.ts';
import { commandProblems, type Skipped } from './check.ts';

/**
 * In a copy, because the file wants `.env`, which is a person's own.
 * @param root the folder that holds docker-compose.yml and .env.example
 */
export async function composeProblems(root: string, docker = 'docker'): Promise<string[] | Skipped> {
  const { code } = await run(docker, ['compose', 'version']).catch(() => ({ code: null }));
  if (code !== 0) return { skipped: 'there is no docker compose here' };
  const dir = await mkdtemp(join(tmpdir(), 'aegis-compose-'));
  try {
    await copyFile(join(root, 'docker-compose.yml'), join(dir, 'docker-compose.yml'));
    await copyFile(join(root, '.env.example'), join(dir, '.env'));
    return await commandProblems(docker, ['compose', '--profile', '*', 'config', '--quiet'], { cwd: dir });
  } finally {
    await rm(dir, { recursive: true });
  }
}
