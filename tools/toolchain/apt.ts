/** Debian packages without installing them: apt with an index of its own, no root needed. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from './command.ts';
import { onPath } from './files.ts';
import { type Say, startProgress } from './progress.ts';

/** The suite whose packages are new enough for the programs. */
export const SUITE = 'forky';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Apt {
  /**
   * Downloads packages and unpacks them into a folder.
   * @throws Error with the reason why not
   */
  unpack: (packages: string[], into: string, say: Say) => Promise<void>;
  /** Names in the index that begin with `prefix`. */
  names: (prefix: string, say: Say) => Promise<string[]>;
}

/** @param dir a private folder for the index, made when it is first needed */
export function makeApt({ dir, suite = SUITE }: { dir: string; suite?: string }): Apt {
  let index: Promise<string[]> | undefined;
  /** One download of the index a run, whoever asks first. */
  const options = (say: Say): Promise<string[]> => {
    index ??= updateIndex(dir, suite, say);
    return index;
  };
  return {
    names: async (prefix, say) =>
      (await runOk('apt-cache', [...(await options(say)), 'pkgnames', prefix])).split('\n'),
    unpack: async (packages, into, say) => {
      const apt = await options(say);
      const folder = join(dir, packages.join('+'));
      mkdirSync(folder, { recursive: true });
      for (const name of packages) say(`Debian package ${name} (${suite}) from this machine's mirror`);
      const progress = startProgress(say, `Debian packages ${packages.join(', ')}`);
      try {
        await runOk('apt-get', [...apt, 'download', ...packages], { cwd: folder, timeoutMs: 240_000 });
        for (const file of readdirSync(folder)) await runOk('dpkg-deb', ['-x', join(folder, file), into]);
      } finally {
        progress.stop();
      }
    },
  };
}

/** @returns apt's options that make it use the index in `dir` */
async function updateIndex(dir: string, suite: string, say: Say): Promise<string[]> {
  for (const tool of ['apt-get', 'apt-cache', 'dpkg-deb']) {
    if (onPath(tool).length === 0) throw new Error(`there is no ${tool} here (not a Debian)`);
  }
  const mirror = await findMirror();
  mkdirSync(join(dir, 'state/lists/partial'), { recursive: true });
  mkdirSync(join(dir, 'cache/archives/partial'), { recursive: true });
  writeFileSync(join(dir, 'status'), '');
  const signedBy = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  writeFileSync(join(dir, 'sources.list'), `deb ${signedBy}${mirror} ${suite} main\n`);
  const options = aptOptions(dir);
  const label = `Debian's index of packages (${suite}) from this machine's mirror`;
  say(label);
  const progress = startProgress(say, label);
  try {
    await runOk('apt-get', [...options, 'update'], { timeoutMs: 120_000 });
  } finally {
    progress.stop();
  }
  return options;
}

function aptOptions(dir: string): string[] {
  const settings = {
    'Dir::Etc::sourcelist': join(dir, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': join(dir, 'state'),
    'Dir::State::status': join(dir, 'status'),
    'Dir::Cache': join(dir, 'cache'),
    'APT::Sandbox::User': '',
    'APT::Update::Error-Mode': 'any', // without it a failed update ends with 0
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
    'Acquire::Retries': '1',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/**
 * Where this machine's own apt gets Debian's `main` from; without release info it also works before any update.
 * @throws Error where it has no such source, or there is no apt
 */
export async function findMirror(): Promise<string> {
  const format = '$(CREATED_BY) $(COMPONENT) $(REPO_URI)';
  const output = await runOk('apt-get', ['indextargets', '--no-release-info', '--format', format]);
  const uris = output
    .split('\n')
    .map((line) => line.split(' '))
    .filter(
      ([kind, component, uri]) => kind === 'Packages' && component === 'main' && !uri?.includes('security'),
    )
    .map(([, , uri]) => uri);
  const mirror = uris.find((uri) => uri !== undefined && /\/debian\/?$/.test(uri)) ?? uris[0];
  if (mirror === undefined) throw new Error("this machine's apt has no source with the component `main`");
  return mirror;
}
