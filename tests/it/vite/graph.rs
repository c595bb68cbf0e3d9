//! Generated graphs of modules.

use std::{fs, path::Path};

use serde_json::json;

use super::project::configure;

const MODULES: usize = 18;
const PAGES: usize = 4;

/// Writes a project with pages, scripts, style sheets and images that refer to each other at random. The same number yields
/// the same project.
pub(super) fn write_project(root: &Path, number: u64) {
    let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    fs::create_dir_all(root.join("src")).expect("a new directory");
    let write = |name: &str, text: String| fs::write(root.join(name), text).expect("a writable file");
    for module in 0..MODULES {
        write(&format!("src/m{module}.ts"), module_text(module, &mut random));
        write(
            &format!("src/m{module}.css"),
            format!(".m{module} {{ background: url(./image{}.svg) }}\n", module % 3),
        );
    }
    for image in 0..3 {
        let path = format!("<path d=\"M{image} 0\"/>").repeat(400);
        write(
            &format!("src/image{image}.svg"),
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{path}</svg>"),
        );
    }
    for page in 0..PAGES {
        let script = format!("<script type=\"module\" src=\"/src/p{page}.ts\"></script>");
        write(
            &format!("p{page}.html"),
            format!("<!doctype html><html><head></head><body>{script}</body></html>"),
        );
        let imports: String = (0..1 + random.below(4)).map(|_| import(random.below(MODULES))).collect();
        write(
            &format!("src/p{page}.ts"),
            format!("import './p{page}.css'\n{imports}console.log('page {page}' as string)\n"),
        );
        write(&format!("src/p{page}.css"), format!(".p{page} {{ color: red }}\n"));
    }
    let pages: Vec<_> = (0..PAGES).map(|page| root.join(format!("p{page}.html"))).collect();
    configure(
        root,
        &json!({
            "base": if number % 3 == 0 { "/static/vite/" } else { "./" },
            "build": {
                "manifest": true,
                "sourcemap": number % 2 == 0,
                "cssCodeSplit": number % 5 != 4,
                "rollupOptions": { "input": pages },
            },
        }),
    );
}

fn module_text(module: usize, random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(4) {
        text += &import(random.below(MODULES));
    }
    if random.below(2) == 0 {
        text += &format!("import './m{module}.css'\n");
    }
    if random.below(4) == 0 {
        text += &format!("import image from './image{}.svg'\nconsole.log(image)\n", random.below(3));
    }
    if random.below(3) == 0 {
        text += &format!("void import('./m{}')\n", random.below(MODULES));
    }
    text + &format!("console.log('module {module}')\nexport const m{module}: number = {module}\n")
}

fn import(module: usize) -> String {
    format!("import {{ m{module} }} from './m{module}'\nconsole.log(m{module})\n")
}

/// Pseudorandom numbers, the same in every run (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}
