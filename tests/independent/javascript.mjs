// Finds references in scripts with the syntax tree of acorn, and for comparison with es-module-lexer.

import { parse } from '../.cache/npm/acorn/dist/acorn.mjs';
import { init, parse as lex } from '../.cache/npm/es-module-lexer/dist/lexer.minimal.js';
import { inLastComment, inSourceMapComment } from './source_map.mjs';

await init();

/** Returns all references of a script, each with its value and the start and the end of its text. */
export function references(js) {
    let parsed;
    try {
        parsed = parsedAs('module', js);
    } catch (error) {
        try {
            parsed = parsedAs('script', js);
        } catch {
            return { found: inLastComment(js), reason: error.message };
        }
    }
    const { program, sourceMap } = parsed;
    const found = [...sourceMap];
    const nodes = [program];
    for (let node = nodes.pop(); node; node = nodes.pop()) {
        const { literal, ...kind } = reference(node);
        const value = constant(literal);
        if (value !== undefined) found.push({ start: literal.start + 1, end: literal.end - 1, value, ...kind });
        for (const child of Object.values(node).flat()) {
            if (typeof child?.type === 'string') nodes.push(child);
        }
    }
    return { found: found.sort((a, b) => a.start - b.start) };
}

/** Returns the syntax tree, and the source map as in ECMA-426: the last `sourceMappingURL`, unless a token follows. */
function parsedAs(sourceType, js) {
    let sourceMap = [];
    const onToken = ({ type }) => {
        if (type.label !== 'eof') sourceMap = [];
    };
    const onComment = (_block, text, start) => {
        const [found] = inSourceMapComment(js, start + 2, start + 2 + text.length);
        if (found) sourceMap = [found];
    };
    const program = parse(js, { ecmaVersion: 'latest', sourceType, onComment, onToken });
    return { program, sourceMap };
}

/** Returns the start of each constant specifier, or `undefined` if the script cannot be parsed. */
export function importStarts(js) {
    try {
        // es-module-lexer treats a byte order mark as a letter, and would miss an `import` after the mark.
        const [imports] = lex(js.replace(/^\ufeff/, ' '));
        const isConstant = ({ d, n }) => d !== -2 && n !== undefined;
        return imports.filter(isConstant).map(({ s, d }) => (d === -1 ? s : s + 1)).sort((a, b) => a - b);
    } catch {
        return undefined;
    }
}

/** Returns the reference of a node of the syntax tree, or an empty object. */
function reference(node) {
    switch (node.type) {
        case 'ImportDeclaration':
        case 'ExportNamedDeclaration':
        case 'ExportAllDeclaration':
        case 'ImportExpression':
            return { literal: node.source, kind: 'module', isImport: true };
        case 'CallExpression':
            return isImportMeta(node.callee, 'resolve') ? { literal: node.arguments[0], kind: 'module' } : {};
        case 'NewExpression': {
            if (!isUrl(node.callee) || !isImportMeta(node.arguments[1], 'url')) return {};
            return { literal: node.arguments[0], kind: 'url' };
        }
        default:
            return {};
    }
}

function isUrl(node) {
    const isGlobal = ['globalThis', 'self', 'window'].includes(node.object?.name);
    return node.type === 'Identifier' ? node.name === 'URL' : isGlobal && property(node) === 'URL';
}

function isImportMeta(node, name) {
    return property(node) === name && node.object.type === 'MetaProperty' && node.object.meta.name === 'import';
}

/** Returns the name of the accessed property, if the name is constant. */
function property(node) {
    const member = node?.type === 'ChainExpression' ? node.expression : node;
    if (member?.type !== 'MemberExpression') return undefined;
    return member.computed ? constant(member.property) : member.property.name;
}

function constant(node) {
    if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
    const isTemplate = node?.type === 'TemplateLiteral' && node.expressions.length === 0;
    return isTemplate ? node.quasis[0].value.cooked : undefined;
}
