// Resolves the references of a source directory as browsers do.

import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import * as css from './css.mjs';
import * as javascript from './javascript.mjs';

const parsed = new Map();
const ORIGIN = 'https://site.invalid';

/** Returns every file below a directory, as `a/b.css`. */
export function filesBelow(dir) {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(dir.length).replace(/^\/+/, ''));
}

/** Returns the language of a file that may contain references, or `undefined`. */
export function language(path) {
    const extension = extname(path).toLowerCase();
    if (extension === '.css') return 'css';
    return ['.js', '.mjs', '.cjs'].includes(extension) ? 'javascript' : undefined;
}

/** Decodes a file as UTF-8, or as Latin-1 if it is not valid UTF-8. */
export function decoded(bytes) {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
        return bytes.toString('latin1');
    }
}

/** Returns the references of a text, and the reason if a script is not a module. */
export function referencesIn(path, text) {
    return language(path) === 'css' ? { found: css.references(text) } : javascript.references(text);
}

/** Returns the references of a source file. Parses each file only once. */
export function referencesOf(source, path) {
    const file = join(source, path);
    if (!parsed.has(file)) parsed.set(file, referencesIn(path, decoded(readFileSync(file))));
    return parsed.get(file);
}

/** Returns the asset path that a reference resolves to, or `undefined` if `collect` does not rewrite the reference. */
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

/** Maps each file of a source directory to the files that it refers to. */
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
    // Parsed URLs are ASCII.
    return Buffer.from(segment.replace(/%([0-9a-f]{2})/gi, byte), 'latin1').toString('utf8');
}
