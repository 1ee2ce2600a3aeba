import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const folder = new URL('dashboard/', import.meta.url);
const runbooks = new URL('../../docs/runbooks/', import.meta.url);

/** Files of other packages, by the name they are served under. They are read from node_modules alone. */
const vendored: Readonly<Record<string, string>> = {
  'preact.js': import.meta.resolve('preact'),
  'preact-hooks.js': import.meta.resolve('preact/hooks'),
  'uplot.js': import.meta.resolve('uplot/dist/uPlot.esm.js'),
  'uplot.css': import.meta.resolve('uplot/dist/uPlot.min.css'),
  'inter-latin.woff2': import.meta.resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'),
  'inter-latin-ext.woff2': import.meta
    .resolve('@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2'),
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const isPage = { config: { operation: 'page' as const } };

type Page = {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly zipped: Buffer | undefined;
};

function pageFrom(url: URL | string, type: string): Page {
  return pageOf(readFileSync(fileURLToPath(url)), type);
}

/** Preact's hooks import Preact by its bare name, which a browser finds only with an import map, and that is inline script. */
function vendorFrom(url: string, type: string): Page {
  const source = readFileSync(fileURLToPath(url));
  if (!type.startsWith('text/javascript')) return pageOf(source, type);
  return pageOf(
    Buffer.from(source.toString().replaceAll(/from\s*"preact"/g, 'from"/vendor/preact.js"')),
    type,
  );
}

function pageOf(plain: Buffer, type: string): Page {
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  // A font is compressed already.
  return { type, etag, plain, zipped: type.startsWith('font/') ? undefined : gzipSync(plain) };
}

/** Serves the dashboard at `/`, its login at `/login`, its files below `/assets/` and others' below `/vendor/`. */
export function pages(app: FastifyInstance): void {
  const files = new Map<string, Page>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const name = entry.replaceAll(sep, '/');
    const type = types[extname(name)];
    if (type === undefined) continue;
    const path = { 'index.html': '/', 'login.html': '/login' }[name] ?? `/assets/${name}`;
    files.set(path, pageFrom(new URL(name, folder), type));
  }
  for (const [name, url] of Object.entries(vendored))
    files.set(`/vendor/${name}`, vendorFrom(url, types[extname(name)]!));
  for (const [path, page] of files) app.get(path, isPage, (request, reply) => send(page, request, reply));
  for (const [name, page] of runbookPages()) {
    for (const path of [`/runbooks/${name}`, `/runbooks/${name}.md`])
      app.get(path, isPage, (request, reply) => send(page, request, reply));
  }
  app.get('/favicon.ico', isPage, (_request, reply) => reply.redirect('/assets/mark.svg', 301));
}

function send(
  { type, etag, plain, zipped }: Page,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  void reply.headers({ 'content-type': type, etag, 'cache-control': 'no-cache', vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (zipped === undefined || !takesGzip) return reply.send(plain);
  return reply.header('content-encoding', 'gzip').send(zipped);
}

/** The runbooks that alerts link to, as the text they are written in. */
function runbookPages(): [name: string, page: Page][] {
  if (!existsSync(runbooks)) return [];
  return readdirSync(runbooks)
    .filter((name) => name.endsWith('.md'))
    .map((name) => [name.slice(0, -3), pageFrom(new URL(name, runbooks), 'text/plain; charset=utf-8')]);
}
