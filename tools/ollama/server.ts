/** A private Ollama: a free port on loopback, a folder of its own for models, and the small one made in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../demo/wait.ts';
import { runOk } from '../toolchain/command.ts';

export interface PrivateOllama {
  host: string;
  model: string;
  stop(): Promise<void>;
}

const MODEL = 'aegisops-small';
const READY_MS = 60_000;
const CREATE_MS = 300_000;

/** @throws Error with the last words of the server */
export async function startOllama(program: string, gguf: string): Promise<PrivateOllama> {
  const dir = await mkdtemp(join(tmpdir(), 'aegisops-ollama-'));
  const host = `127.0.0.1:${await freePort()}`;
  const env = {
    ...process.env,
    HOME: dir,
    OLLAMA_HOST: host,
    OLLAMA_MODELS: join(dir, 'models'),
    OLLAMA_KEEP_ALIVE: '10m',
  };
  const server = spawn(program, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
  const gone = once(server, 'exit');
  // However we end: it must not outlive us.
  const kill = () => void server.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    server.kill('SIGTERM');
    await gone;
    process.off('exit', kill);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await until(
      'Ollama to answer',
      READY_MS,
      async () => (await fetch(`http://${host}/api/version`)).ok || null,
    );
    await writeFile(join(dir, 'Modelfile'), `FROM ${gguf}\n`);
    await runOk(program, ['create', MODEL, '-f', join(dir, 'Modelfile')], { env, timeoutMs: CREATE_MS });
    return { host: `http://${host}`, model: MODEL, stop };
  } catch (error) {
    await stop();
    throw new Error(
      `${(error as Error).message}; it said last: ${said.trim().split('\n').slice(-5).join(' / ')}`,
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
