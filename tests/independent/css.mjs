// Finds references in style sheets with the tokens of css-tree, and for comparison with the syntax tree of css-tree.

import {
    ident, parse, string, tokenTypes as type, tokenize, url, walk,
} from '../.cache/npm/css-tree/dist/csstree.esm.js';
import { inSourceMapComment } from './source_map.mjs';

const REFERRING_FUNCTIONS = new Set(['url', 'src']);
const IMAGE_SETS = new Set(['image-set', '-webkit-image-set']);
const OPENING = { [type.LeftParenthesis]: type.RightParenthesis, [type.Function]: type.RightParenthesis,
    [type.LeftSquareBracket]: type.RightSquareBracket, [type.LeftCurlyBracket]: type.RightCurlyBracket };
const CLOSING = new Set([type.RightParenthesis, type.RightSquareBracket, type.RightCurlyBracket]);

/** Returns all references of a style sheet, each with its value and the start and the end of its text. */
export function references(css) {
    const found = [];
    const open = []; // { name, closing }
    let behind = ''; // `@import` or a referring function directly before this token
    let inNamespace = false;
    tokenize(css, (token, start, end) => {
        if (token === type.Comment) {
            found.push(...inSourceMapComment(css, start + 2, css.endsWith('*/', end) ? end - 2 : end));
        }
        if (token === type.Comment || token === type.WhiteSpace) return;
        if (token === type.Url && !inNamespace) found.push(unquoted(css, start, end));
        if (token === type.String && !inNamespace && (behind || IMAGE_SETS.has(open.at(-1)?.name))) {
            found.push(quoted(css, start, end));
        }
        behind = '';
        if (token === type.Semicolon || token === type.LeftCurlyBracket) inNamespace = false;
        if (token in OPENING) {
            const name = token === type.Function ? named(css, start, end - 1) : '';
            open.push({ name, closing: OPENING[token] });
            if (REFERRING_FUNCTIONS.has(name)) behind = name;
        } else if (CLOSING.has(token) && open.at(-1)?.closing === token) {
            open.pop();
        } else if (token === type.AtKeyword) {
            const name = named(css, start + 1, end);
            if (name === 'import') behind = name;
            inNamespace = name === 'namespace';
        }
    });
    return found;
}

/** Returns the values of all `url()` in the syntax tree, in source order. */
export function urlsInTree(css) {
    const values = [];
    const ast = parse(css, { parseCustomProperty: true, onParseError() {} });
    walk(ast, {
        enter(node) {
            if (node.type === 'Atrule' && node.name.toLowerCase() === 'namespace') return walk.skip;
            if (node.type === 'Url') values.push(node.value);
        },
    });
    return values;
}

function named(css, start, end) {
    return ident.decode(css.slice(start, end)).toLowerCase();
}

function unquoted(css, start, end) {
    const written = css.slice(start, end);
    const [, before, text] = /^([^(]*\([ \t\r\n\f]*)(.*?)[ \t\r\n\f]*\)?$/s.exec(written);
    // A space after a hex escape is part of the escape.
    const endsInEscape = /(?:^|[^\\])(?:\\\\)*\\[0-9a-f]{1,5}$/i.test(text);
    const from = start + before.length;
    const to = from + text.length;
    const space = endsInEscape && /[ \t\r\n\f]/.test(css[to]) ? 1 : 0;
    return { start: from, end: to + space, value: url.decode(written), kind: 'url' };
}

function quoted(css, start, end) {
    const closed = end - start > 1 && css[end - 1] === css[start];
    return { start: start + 1, end: closed ? end - 1 : end, value: string.decode(css.slice(start, end)), kind: 'url' };
}
