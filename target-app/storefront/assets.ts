/** The files of the page, each under a path that holds its hash, so that a browser keeps it for ever. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type Router from '@koa/router';
import { Problem } from '../problem.ts';

const HERE = join(import.meta.dirname, 'client');
const require = createRequire(import.meta.url);
/** A package's bundle for browsers stands beside what Node would import. */
const bundleOf = (name: string, file: string) =>
  join(dirname(require.resolve(`@grafana/${name}`)), '..', 'bundle', file);

const FILES = {
  'shop.css': () => join(HERE, 'shop.css'),
  'shop.js': () => join(HERE, 'shop.js'),
  'icon.svg': () => join(HERE, 'icon.svg'),
  'measure.js': () => join(HERE, 'measure.js'),
  'faro-web-sdk.js': () => bundleOf('faro-web-sdk', 'faro-web-sdk.iife.js'),
  'faro-otlp.js': () => bundleOf('faro-transport-otlp-http', 'faro-transport-otlp-http.iife.js'),
};
export type AssetName = keyof typeof FILES;

const FOR_EVER = 'public, max-age=31536000, immutable';
const zip = promisify(gzip);

interface Asset {
  hash: string;
  text: string;
  /** Compressed once, when it is first asked for. */
  zipped?: Promise<Buffer>;
}

const assets = new Map<AssetName, Asset>();

/** Read when it is first needed: an instance whose page nobody opens keeps none of it in memory. */
function assetOf(name: AssetName): Asset {
  const known = assets.get(name);
  if (known) return known;
  // The bundles name maps that are not served; a browser would ask for them in vain.
  const text = readFileSync(FILES[name](), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
  const asset = { hash: createHash('sha256').update(text).digest('hex').slice(0, 12), text };
  assets.set(name, asset);
  return asset;
}

/** Path of an asset on this server. */
export function pathOf(name: AssetName): string {
  return `/assets/${assetOf(name).hash}/${name}`;
}

/** `GET /assets/:hash/:name`. */
export function addAssetRoutes(router: Router): void {
  router.get('/assets/:hash/:name', async (ctx) => {
    const name = ctx.params.name ?? '';
    if (!isAsset(name)) throw new Problem(404, `There is no file ${name}.`);
    const asset = assetOf(name);
    // Another hash is another release's: its page gets what there is, and does not keep it.
    ctx.set('cache-control', asset.hash === ctx.params.hash ? FOR_EVER : 'no-cache');
    ctx.set('x-content-type-options', 'nosniff');
    ctx.vary('accept-encoding');
    ctx.type = name.slice(name.lastIndexOf('.'));
    if (ctx.acceptsEncodings('gzip', 'identity') !== 'gzip') {
      ctx.body = asset.text;
      return;
    }
    asset.zipped ??= zip(asset.text);
    ctx.set('content-encoding', 'gzip');
    ctx.body = await asset.zipped;
  });
}

function isAsset(name: string): name is AssetName {
  return Object.hasOwn(FILES, name);
}
