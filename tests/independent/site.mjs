// A source dir as browsers see it: which file each reference leads to.

import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import * as css from './css.mjs';
import * as javascript from './javascript.mjs';

const parsed = new Map();
const ORIGIN = 'https://site.invalid';

/** Every file below a directory, as `a/b.css`. */
export function filesBelow(dir) {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(dir.length).replace(/^\/+/, ''));
}

/** Whether references are looked for in a file, and in which language. */
export function language(path) {
    const extension = extname(path).toLowerCase();
    if (extension === '.css') return 'css';
    return ['.js', '.mjs', '.cjs'].includes(extension) ? 'javascript' : undefined;
}

/** A file as text; each byte of one that is not UTF-8 is taken for a letter. */
export function decoded(bytes) {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
        return bytes.toString('latin1');
    }
}

/** The references of a text, and why it is no module, if it is none. */
export function referencesIn(path, text) {
    return language(path) === 'css' ? { found: css.references(text) } : javascript.references(text);
}

/** The references of a source file, which is parsed once. */
export function referencesOf(source, path) {
    const file = join(source, path);
    if (!parsed.has(file)) parsed.set(file, referencesIn(path, decoded(readFileSync(file))));
    return parsed.get(file);
}

/** The asset path that a reference leads to, or `undefined` if it is none that `collect` would follow. */
export function target({ value, kind }, path, basePath) {
    const written = value.replace(/^[\0- ]+|[\0- ]+$/g, '').replace(/[\t\n\r]/g, '');
    if (kind === 'module' && !/^\.{0,2}\//.test(value)) return undefined;
    if (/^[a-z][a-z0-9+.-]*:/i.test(written) || /^([?#]|$)/.test(written)) return undefined;
    const base = ORIGIN + basePath + path.split('/').map(encodeURIComponent).join('/');
    if (!URL.canParse(written, base)) return undefined;
    const { origin, pathname } = new URL(written, base);
    if (origin !== ORIGIN || !pathname.startsWith(basePath) || pathname.endsWith('/')) return undefined;
    const segments = pathname.slice(basePath.length).split('/').map(percentDecoded);
    return segments.some((segment) => segment.includes('/')) ? undefined : segments.join('/');
}

/** The files that each file of a source dir refers to. */
export function graph(source, basePath) {
    const files = filesBelow(source);
    const known = new Set(files);
    const edges = (path) => {
        const { found } = referencesOf(source, path);
        const targets = found.map((reference) => target(reference, path, basePath));
        return [...new Set(targets.filter((path) => known.has(path)))].sort();
    };
    return Object.fromEntries(files.filter(language).map((path) => [path, edges(path)]).filter(([, to]) => to.length));
}

function percentDecoded(segment) {
    const byte = (_, hex) => String.fromCharCode(Number.parseInt(hex, 16));
    // What the URL standard gives is ASCII.
    return Buffer.from(segment.replace(/%([0-9a-f]{2})/gi, byte), 'latin1').toString('utf8');
}
