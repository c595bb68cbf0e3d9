// Computes the hashed path of every file from the collected bytes and the reference graph.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decoded, referencesIn, referencesOf, target } from './site.mjs';

/** Yields each asset path with its expected hashed path. */
export function* names(source, out, paths, edges, basePath) {
    const groupOf = groups(edges);
    const groupHashes = new Map();
    for (const path of Object.keys(paths)) {
        const group = groupOf.get(path);
        if (!group) {
            yield [path, withHash(path, sha256(readFileSync(join(out, paths[path]))))];
            continue;
        }
        if (!groupHashes.has(group)) groupHashes.set(group, hashOf(group, source, out, paths, basePath));
        yield [path, withHash(path, sha256(Buffer.concat([groupHashes.get(group), Buffer.from(`\0${path}`)])))];
    }
}

/** Hashes the path, a NUL, the length and the bytes of each member. References within the group are hashed as in the source. */
function hashOf(group, source, out, paths, basePath) {
    const hash = createHash('sha256');
    for (const path of [...group].sort(byBytes)) {
        const text = decoded(readFileSync(join(source, path)));
        const collected = decoded(readFileSync(join(out, paths[path])));
        const { found } = referencesOf(source, path);
        const { found: again } = referencesIn(path, collected);
        let [bytes, at] = ['', 0];
        for (const [number, { start, end }] of again.entries()) {
            const to = target(found[number], path, basePath);
            const inside = found[number];
            bytes += collected.slice(at, start);
            bytes += group.has(to) ? text.slice(inside.start, inside.end) : collected.slice(start, end);
            at = end;
        }
        const encoded = Buffer.from(bytes + collected.slice(at));
        const length = Buffer.alloc(8);
        length.writeBigUInt64BE(BigInt(encoded.length));
        hash.update(path).update('\0').update(length).update(encoded);
    }
    return hash.digest();
}

/** Maps each file in a cycle to the set of files that reach the file and are reachable from the file. */
export function groups(edges) {
    const backwards = {};
    for (const [from, targets] of Object.entries(edges)) {
        for (const to of targets) (backwards[to] ??= []).push(from);
    }
    const groupOf = new Map();
    for (const path of Object.keys(edges)) {
        if (groupOf.has(path) || !reached(edges, edges[path]).has(path)) continue;
        const before = reached(backwards, backwards[path] ?? []);
        const group = new Set([...reached(edges, edges[path])].filter((other) => before.has(other)));
        group.forEach((member) => groupOf.set(member, group));
    }
    return groupOf;
}

/** Returns all files reachable from `start`, including the files in `start`. */
export function reached(edges, start) {
    const seen = new Set(start);
    for (const path of seen) (edges[path] ?? []).forEach((to) => seen.add(to));
    return seen;
}

function withHash(path, digest) {
    const name = path.lastIndexOf('/') + 1;
    const dot = path.lastIndexOf('.') > name ? path.lastIndexOf('.') : path.length;
    return `${path.slice(0, dot)}.${digest.toString('hex').slice(0, 12)}${path.slice(dot)}`;
}

/** Compares paths by their UTF-8 bytes. */
export function byBytes(a, b) {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function sha256(bytes) {
    return createHash('sha256').update(bytes).digest();
}
