// References in scripts, by the syntax tree of acorn; es-module-lexer is a second opinion.

import { parse } from '../.cache/npm/acorn/dist/acorn.mjs';
import { init, parse as lex } from '../.cache/npm/es-module-lexer/dist/lexer.minimal.js';
import { inLastComment, inSourceMapComment } from './source_map.mjs';

await init();

/** All references of a script: where their text begins and ends, and what it means. */
export function references(js) {
    const found = [];
    const onComment = (_block, text, start) => {
        found.push(...inSourceMapComment(js, start + 2, start + 2 + text.length));
    };
    let program;
    try {
        program = parse(js, { ecmaVersion: 'latest', sourceType: 'module', onComment });
    } catch (error) {
        return { found: inLastComment(js), reason: error.message };
    }
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

/** Where the constant specifiers of imports and exports begin; `undefined` for what cannot be read. */
export function secondOpinion(js) {
    try {
        // It takes a byte order mark for a letter, so that the `import` behind it is none.
        const [imports] = lex(js.replace(/^\ufeff/, ' '));
        const isConstant = ({ d, n }) => d !== -2 && n !== undefined;
        return imports.filter(isConstant).map(({ s, d }) => (d === -1 ? s : s + 1)).sort((a, b) => a - b);
    } catch {
        return undefined;
    }
}

/** What a node of the syntax tree refers to, if it is of a kind that does. */
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

/** The name of the property that is read here, if it is constant. */
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
