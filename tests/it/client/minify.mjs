// Minifies the script on standard input with the terser in the directory given as argument.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { runInThisContext } from 'node:vm';

// Executed as a browser script, the bundle needs no other package.
runInThisContext(readFileSync(`${process.argv[2]}/dist/bundle.min.js`, 'utf8'));
const options = { compress: { passes: 2 }, ecma: 2022 };
const { code } = await globalThis.Terser.minify(await text(process.stdin), options);
process.stdout.write(code);
