// Finds `sourceMappingURL` comments, as specified by ECMA-426.

/** Returns the URL in the text of a comment, as a list of at most one reference. */
export function inSourceMapComment(text, start, end) {
    const match = /^[@#]\s*sourceMappingURL=(\S*?)\s*$/d.exec(text.slice(start, end));
    if (!match?.[1]) return [];
    const [from, to] = match.indices[1];
    return [{ start: start + from, end: start + to, value: match[1], kind: 'map' }];
}

/** Like `inSourceMapComment`, but for the comment at the end of a script that cannot be parsed. */
export function inLastComment(text) {
    const line = /\/\/([@#]\s*sourceMappingURL=[^\s'"`*]+)\s*$/d.exec(text);
    const block = /\/\*([@#]\s*sourceMappingURL=[^\s'"`*]+\s*)\*\/\s*$/d.exec(text);
    const inside = (line ?? block)?.indices[1];
    return inside ? inSourceMapComment(text, ...inside) : [];
}
