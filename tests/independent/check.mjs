// Checks the output of `fingerpost collect` for a source directory, with independent parsers and rules.
//
//     node check.mjs SOURCE OUT [BASE-PATH]      prints counts and differences; exits 1 if there is any difference
//     node check.mjs --graph SOURCE [BASE-PATH]  prints the files that each file refers to, as JSON

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as css from './css.mjs';
import { byBytes, names } from './names.mjs';
import * as javascript from './javascript.mjs';
import { decoded, graph, language, referencesIn, referencesOf, target } from './site.mjs';

const differences = [];
const counts = {
    files: 0, css: 0, javascript: 0, 'not modules': 0, references: 0, resolved: 0, 'cross-checks': 0,
};

/** Compares one source file with the collected file, and records the differences. */
function check(path, source, out, paths, basePath) {
    const differ = (message) => differences.push(`${path}: ${message}`);
    const [before, after] = [join(source, path), join(out, paths[path])].map((file) => readFileSync(file));
    const [text, collected] = [before, after].map(decoded);
    const { found, reason } = referencesOf(source, path);
    counts[language(path)] += 1;
    counts['not modules'] += reason ? 1 : 0;
    crossCheck(path, text, found, reason, differ);

    const { found: again } = referencesIn(path, collected);
    if (found.length !== again.length) return differ(`${found.length} references became ${again.length}`);
    let [at, collectedAt] = [0, 0];
    for (const [number, reference] of found.entries()) {
        const { start, end } = reference;
        const rewritten = again[number];
        if (text.slice(at, start) !== collected.slice(collectedAt, rewritten.start)) {
            differ(`other bytes before ${text.slice(start, end)} at ${start}`);
        }
        [at, collectedAt] = [end, rewritten.end];
        counts.references += 1;
        const [was, is] = [text.slice(start, end), collected.slice(rewritten.start, rewritten.end)];
        const to = target(reference, path, basePath);
        const hashed = to === undefined ? undefined : paths[to];
        if (hashed === undefined) {
            if (was !== is) differ(`${was} at ${start} is not resolved, but became ${is}`);
            continue;
        }
        counts.resolved += 1;
        const resolvesTo = target(rewritten, paths[path], basePath);
        if (resolvesTo !== hashed) differ(`${was} at ${start} should resolve to ${hashed}, but resolves to ${resolvesTo}: ${is}`);
        if (!hasEscape(was) && is !== withHash(was, hashed, to)) differ(`${was} at ${start} became ${is}`);
    }
    if (text.slice(at) !== collected.slice(collectedAt)) differ('other bytes at the end');
}

/** Returns `true` if an escape may encode the dot of a name. `collect` replaces such a name, so only the target is checked. */
function hasEscape(was) {
    return /\\|%2e/i.test(was);
}

/** Returns the written name with the hash inserted before the last dot of the name. */
function withHash(was, hashed, to) {
    const name = to.slice(to.lastIndexOf('/') + 1);
    const hashedName = hashed.slice(hashed.lastIndexOf('/') + 1);
    const dot = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length;
    const hash = hashedName.slice(dot, hashedName.length - (name.length - dot));
    const end = was.search(/[?#]/) < 0 ? was.length : was.search(/[?#]/);
    const lastSegment = was.lastIndexOf('/', end - 1) + 1;
    const trimmed = was.slice(0, end).trimEnd().length;
    const writtenDot = was.lastIndexOf('.', trimmed - 1);
    const at = dot < name.length && writtenDot >= lastSegment ? writtenDot : trimmed;
    return was.slice(0, at) + hash + was.slice(at);
}

function crossCheck(path, text, found, reason, differ) {
    if (language(path) === 'css') {
        const values = found.map(({ value }) => value);
        const missed = css.urlsInTree(text).filter((value) => !values.includes(value));
        counts['cross-checks'] += 1;
        if (missed.length) differ(`the syntax tree has url() values that the tokens lack: ${missed}`);
        return;
    }
    const starts = reason ? undefined : javascript.importStarts(text);
    if (starts === undefined) return;
    counts['cross-checks'] += 1;
    const expected = found.filter(({ isImport }) => isImport).map(({ start }) => start);
    if (String(expected) !== String(starts)) differ(`acorn finds imports at ${expected}, es-module-lexer at ${starts}`);
}

function main(source, out, basePath = '/static/') {
    const manifest = JSON.parse(readFileSync(join(out, 'staticfiles.json'), 'utf8'));
    const { paths, hash } = manifest;
    counts.files = Object.keys(paths).length;
    const edges = graph(source, basePath);
    for (const path of Object.keys(paths)) {
        if (language(path)) {
            check(path, source, out, paths, basePath);
        } else if (!readFileSync(join(source, path)).equals(readFileSync(join(out, paths[path])))) {
            differences.push(`${path}: other bytes, but files of this type are not rewritten`);
        }
    }
    for (const [path, expected] of names(source, out, paths, edges, basePath)) {
        const named = paths[path];
        if (named !== expected) differences.push(`${path}: should be named ${expected}, but is named ${named}`);
    }
    const lines = Object.keys(paths).sort(byBytes).map((path) => `${path}\0${paths[path]}\n`);
    const expected = createHash('sha256').update(lines.join('')).digest('hex').slice(0, 12);
    if (hash !== expected) differences.push(`staticfiles.json: the hash should be ${expected}, but is ${hash}`);
}

const args = process.argv.slice(2);
if (args[0] === '--graph') {
    console.log(JSON.stringify(graph(args[1], args[2] ?? '/static/')));
} else {
    main(...args);
    differences.forEach((difference) => console.log(difference));
    console.log(JSON.stringify({ ...counts, differences: differences.length }));
    process.exitCode = differences.length ? 1 : 0;
}
