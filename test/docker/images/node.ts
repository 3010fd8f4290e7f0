/** Stands in for the official image of Node: the Node among the project's npm packages, and npm. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from '../../../tools/stack/context.ts';
import { runOk } from '../../../tools/toolchain/command.ts';
import type { Part } from './context.ts';
import type { Kept } from './kept.ts';
import type { Recipe } from './stand-in.ts';

const NPM = '11.21.2';
/** Of npm's settings those that say how to reach its registry. No token: an image is no place for one. */
const SETTINGS = ['registry', 'proxy', 'https-proxy', 'noproxy', 'strict-ssl'];
const CA_FILE = '/etc/ssl/certs/ca-certificates.crt';

const dockerfile = (base: string) => `FROM ${base}
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY node docker-entrypoint.sh /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
COPY npmrc /usr/local/etc/npmrc
COPY ca-certificates.crt ${CA_FILE}
RUN cd /usr/local/bin && for name in npm npx; do ln -s ../lib/node_modules/npm/bin/$name-cli.js $name; done \\
 && node --version && npm --version
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
`;

export const node: Recipe = {
  image: 'node:24.21.0-bookworm-slim',
  async make({ base, kept, say }) {
    const { settings, authorities } = await npmSettings();
    const { program, version } = packagedNode();
    const context: Record<string, Part> = {
      node: { path: program },
      'docker-entrypoint.sh': { path: join(import.meta.dirname, 'node-entrypoint.sh') },
      npm: { archive: await npmArchive(kept, say) },
      npmrc: { text: npmrcOf(settings) },
      'ca-certificates.crt': { text: authorities },
    };
    return { what: `Node ${version} with npm ${NPM}`, dockerfile: dockerfile(base), context };
  },
};

/** The running program may be another one: a newer Node of the machine. */
function packagedNode(): { program: string; version: string } {
  const name = `node-${process.platform}-${process.arch}`;
  const manifest = createRequire(join(ROOT, 'package.json')).resolve(`${name}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { program: join(dirname(manifest), 'bin/node'), version };
}

function npmArchive(kept: Kept, say: (line: string) => void): Promise<string> {
  return kept.file(`npm-${NPM}.tgz`, async (_, scratch) => {
    say(`npm ${NPM} from this machine's npm registry`);
    await runOk('npm', ['pack', '--silent', '--pack-destination', scratch, `npm@${NPM}`], { cwd: scratch });
  });
}

/** What this machine's npm is set up with, so that a mirror is honoured in a build too. */
async function npmSettings(): Promise<{ settings: Record<string, string>; authorities: string }> {
  const output = await runOk('npm', ['config', 'get', ...SETTINGS, 'cafile'], { cwd: ROOT });
  const { cafile, ...settings } = parseSettings(output);
  const files = [CA_FILE, cafile, process.env.NODE_EXTRA_CA_CERTS].filter((file) => file && existsSync(file));
  const texts = [...new Set(files)].map((file) => readFileSync(file as string, 'utf8'));
  return { settings, authorities: [...new Set(texts)].join('\n') };
}

/** Reads the answer of `npm config get` for several keys: `key=value` lines; without those that are not set. */
export function parseSettings(output: string): Record<string, string> {
  const pairs = output.split('\n').map((line) => /^([a-z-]+)=(.+)$/.exec(line.trim()));
  return Object.fromEntries(
    pairs.flatMap((pair) =>
      pair?.[2] && !['null', 'undefined'].includes(pair[2]) ? [[pair[1], pair[2]]] : [],
    ),
  );
}

/** The image's npm trusts whom this machine trusts. */
export function npmrcOf(settings: Record<string, string>): string {
  const lines = Object.entries({ ...settings, cafile: CA_FILE }).map(([key, value]) => `${key}=${value}\n`);
  return lines.join('');
}
