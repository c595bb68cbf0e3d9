//! Generates graphs of modules.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::json;

use super::project::configure;
use crate::tools::Random;

const MODULES: usize = 18;
const ENTRIES: usize = 4;

/// Writes a project with `pages` pages and with other entries, which share scripts, style sheets and images. The
/// files refer to each other at random. The same `number` yields the same project.
pub(super) fn write_project(root: &Path, number: u64, pages: usize) {
    let mut random = Random::new(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
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
    for entry in 0..ENTRIES {
        let script = format!("<script type=\"module\" src=\"/src/p{entry}.ts\"></script>");
        write(
            &format!("p{entry}.html"),
            format!("<!doctype html><html><head></head><body>{script}</body></html>"),
        );
        let imports = imports(1 + random.below(4), &mut random);
        write(
            &format!("src/p{entry}.ts"),
            format!("import './p{entry}.css'\n{imports}console.log('page {entry}' as string)\n"),
        );
        write(&format!("src/p{entry}.css"), format!(".p{entry} {{ color: red }}\n"));
    }
    let input =
        |entry: usize| if entry < pages { format!("p{entry}.html") } else { format!("src/p{entry}.ts") };
    let inputs: Vec<_> = (0..ENTRIES).map(|entry| root.join(input(entry))).collect();
    configure(
        root,
        &json!({
            "base": if number.is_multiple_of(3) { "/static/vite/" } else { "./" },
            "build": {
                "manifest": true,
                "sourcemap": number.is_multiple_of(2),
                "cssCodeSplit": number % 5 != 4,
                "rollupOptions": { "input": inputs },
            },
        }),
    );
}

fn module_text(module: usize, random: &mut Random) -> String {
    let mut text = imports(random.below(4), random);
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

/// Returns the imports of at most `count` random modules.
fn imports(count: usize, random: &mut Random) -> String {
    let modules: BTreeSet<_> = (0..count).map(|_| random.below(MODULES)).collect();
    modules
        .iter()
        .map(|module| format!("import * as i{module} from './m{module}'\nconsole.log(i{module})\n"))
        .collect()
}
