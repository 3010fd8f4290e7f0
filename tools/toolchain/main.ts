/** `node tools/bootstrap.mjs tools/toolchain/main.ts`: fetches every program into the cache and prints their paths as JSON. */
import { toolchain } from './toolchain.ts';

try {
  const programs = await toolchain({ say: (line) => process.stderr.write(`set-up: ${line}\n`) });
  process.stdout.write(`${JSON.stringify(programs, null, 2)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
