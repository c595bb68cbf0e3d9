// Bundles and minifies a script: `node bundle.mjs ROLLUP TERSER ENTRY`. ROLLUP and TERSER are directories of npm packages.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';

const [rollupDirectory, terserDirectory, input] = process.argv.slice(2);
const { rollup } = createRequire(import.meta.url)(`${rollupDirectory}/dist/rollup.js`);
// As a browser script, the bundle of Terser needs no other package.
runInThisContext(readFileSync(`${terserDirectory}/dist/bundle.min.js`, 'utf8'));

const squeezeCss = (css) => css.replace(/\s*([{};,])\s*/g, '$1').replaceAll(': ', ':').replaceAll(';}', '}').trim();
const styles = {
  name: 'styles',
  transform: (code) => ({ code: code.replace(/(?<=STYLE = `)[^`]*/, squeezeCss), map: null }),
};
const bundle = await rollup({ input, plugins: [styles] });
const { output } = await bundle.generate({ format: 'iife', strict: false });
const options = {
  compress: {
    passes: 4,
    unsafe: true,
    negate_iife: false,
    hoist_funs: true,
    lhs_constants: false,
    pure_getters: true,
    keep_fargs: false,
    inline: 1,
  },
  mangle: {
    properties: {
      regex: /^(isRepeatable|isRefresh|isPage|from|to|pageUrl|endTracking|requestUrl|firstContent|lastContent)$/,
    },
  },
  ecma: 2022,
  toplevel: true,
};
const { code } = await globalThis.Terser.minify(output[0].code, options);
process.stdout.write(code);
