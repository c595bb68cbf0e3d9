// Lints scripts: `node lint.mjs ESLINT DIRECTORY`. ESLINT is the directory of the npm package `eslint-linter-browserify`.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [eslint, directory] = process.argv.slice(2);
const { Linter } = createRequire(import.meta.url)(`${eslint}/linter.cjs`);
const config = {
  files: ['**/*.js'],
  languageOptions: { ecmaVersion: 2022, sourceType: 'module' },
  rules: {
    'array-callback-return': 'error',
    'complexity': ['error', 15],
    'consistent-return': 'off',
    'eqeqeq': ['error', 'always'],
    'func-style': ['error', 'declaration', { allowArrowFunctions: true }],
    'max-depth': ['error', 2],
    'max-len': ['error', { code: 120, ignorePattern: '@param' }],
    'max-lines': ['error', 150],
    'max-lines-per-function': ['error', 40],
    'max-params': ['error', 5],
    'no-console': ['error', { allow: ['warn'] }],
    'no-eval': 'error',
    'no-implicit-coercion': 'error',
    'no-implied-eval': 'error',
    'no-new-func': 'error',
    'no-param-reassign': ['error', { props: false }],
    'no-script-url': 'error',
    'no-shadow': 'error',
    'no-undef-init': 'error',
    'no-unused-expressions': 'error',
    'no-unused-vars': 'error',
    'no-use-before-define': ['error', { functions: false, variables: false }],
    'no-var': 'error',
    'object-shorthand': 'error',
    'prefer-arrow-callback': 'error',
    'prefer-const': 'error',
    'prefer-template': 'error',
  },
};
const scripts = readdirSync(directory, { recursive: true }).filter((name) => name.endsWith('.js'));
for (const script of scripts) {
  for (const { line, message, ruleId } of new Linter().verify(readFileSync(join(directory, script), 'utf8'), config)) {
    console.log(`${script}:${line}: ${message} (${ruleId})`);
    process.exitCode = 1;
  }
}
if (!scripts.length) throw new Error(`no scripts in ${directory}`);
