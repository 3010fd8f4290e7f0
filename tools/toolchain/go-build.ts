/** Source: the Collector, built here with Go from the modules that otel-collector/builder.yaml lists. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Apt, SUITE } from './apt.ts';
import { runOk } from './command.ts';
import { onPath } from './files.ts';
import { type Say, startProgress } from './progress.ts';
import type { Source } from './source.ts';
import { compareVersions, versionIn } from './version.ts';

/** What the Collector's modules ask for. */
const OLDEST_GO = '1.25.0';

interface Options {
  apt: Apt;
  cache: string;
  /** The builder's manifest. */
  manifest: string;
  /** PATH, to look for Go. */
  path?: string;
}

interface Go {
  command: string;
  env: NodeJS.ProcessEnv;
  title: string;
}

export function makeGoSource({ apt, cache, manifest, path = process.env.PATH ?? '' }: Options): Source {
  return {
    name: 'built with Go',
    serves: (product) => product.name === 'otelcol',
    fetch: async (product, into, say) => {
      const go = (await goOnPath(path)) ?? (await debianGo({ apt, cache, into, say }));
      const dir = mkdtempSync(`${into}.build-`);
      const config = join(dir, 'builder.yaml');
      writeFileSync(
        config,
        readFileSync(manifest, 'utf8').replace(/^( *output_path:).*$/m, `$1 ${join(dir, 'dist')}`),
      );
      const label = `${product.title} ${product.version}, built with ${go.title} from the Go module proxy`;
      say(`${label}: about 2 minutes on 2 cores, once`);
      const progress = startProgress(say, `${product.title}, built with Go`);
      try {
        const builder = `go.opentelemetry.io/collector/cmd/builder@v${product.version}`;
        await runOk(go.command, ['run', builder, '--config', config], {
          cwd: dir,
          env: { ...go.env, CGO_ENABLED: '0', TMPDIR: dir }, // the builder leaves things there
          timeoutMs: 900_000,
          onLine: (line) => progress.at(stepIn(line)),
        });
        copyFileSync(join(dir, 'dist', 'otelcol'), join(into, 'otelcol'));
        rmSync(golangDir(cache), { recursive: true, force: true }); // a big thing with nothing more to do
      } finally {
        progress.stop();
      }
    },
  };
}

/** `Compiling` from the builder's line (time, level, file, message), `downloading <module>` from Go's. */
function stepIn(line: string): string {
  return (line.split('\t')[3] ?? line.replace(/^go: /, '')).slice(0, 90);
}

async function goOnPath(path: string): Promise<Go | undefined> {
  for (const command of onPath('go', path)) {
    const version = versionIn((await runOk(command, ['version'])).replace('go version go', 'version '));
    if (version && compareVersions(version, OLDEST_GO) >= 0)
      return { command, env: process.env, title: `Go ${version}` };
  }
  return undefined;
}

/** Where Debian's Go, its modules and its build cache are until a build has succeeded. */
const golangDir = (cache: string): string => join(cache, `golang-${process.platform}-${process.arch}`);

interface Found {
  apt: Apt;
  cache: string;
  /** The source's own folder; what lies beside it is swept. */
  into: string;
  say: Say;
}

/** Debian's newest Go, unpacked into the cache. */
async function debianGo({ apt, cache, into, say }: Found): Promise<Go> {
  const root = golangDir(cache);
  if (!existsSync(root)) {
    const newest = await newestGo(apt, say);
    const partial = mkdtempSync(`${into}.golang-`); // in the scratch folder, which is swept
    await apt.unpack([`golang-${newest}-go`, `golang-${newest}-src`], partial, say);
    renameSync(partial, root);
  }
  const name = readdirSync(join(root, 'usr/lib')).find((entry) => entry.startsWith('go-'));
  if (name === undefined) throw new Error(`${root} holds no Go; delete it and run again`);
  const home = join(root, 'usr/lib', name);
  const work = join(root, 'work');
  mkdirSync(work, { recursive: true });
  const env = {
    ...process.env,
    PATH: [join(home, 'bin'), process.env.PATH].join(delimiter), // the builder calls `go` by its name
    GOROOT: home,
    GOPATH: work,
    GOCACHE: join(work, 'build'),
    GOFLAGS: '-modcacherw', // Go's modules are read-only otherwise, and could not be removed
    GOTOOLCHAIN: 'local',
  };
  return { command: join(home, 'bin/go'), env, title: `Debian's ${name}` };
}

async function newestGo(apt: Apt, say: Say): Promise<string> {
  const names = await apt.names('golang-1.', say).catch((error: Error) => {
    throw new Error(
      `there is no Go ${OLDEST_GO} or newer on PATH, and Debian's cannot be had: ${error.message}`,
    );
  });
  const versions = names.flatMap((name) => /^golang-(1\.\d+)-go$/.exec(name)?.[1] ?? []);
  const newest = versions.sort((a, b) => compareVersions(`${a}.0`, `${b}.0`)).at(-1);
  if (newest === undefined) throw new Error(`Debian ${SUITE} has no package golang-1.N-go`);
  return newest;
}
