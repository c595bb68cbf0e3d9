//! The compiler error and the templates in the guide.

use std::fs;

/// Reads a file of this crate.
fn read(path: &str) -> String {
    let text = fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    text.replace("\r\n", "\n")
}

#[test]
fn guide_shows_the_compiler_error_for_a_missing_use_line() {
    let error = read("tests/ui/page.stderr").replace("tests/ui/", "src/");
    assert!(read("docs/guide.md").contains(&format!("```text\n{error}```")), "{error}");
}

#[test]
fn guide_shows_the_templates_used_by_its_examples() {
    let guide = read("docs/guide.md");
    let shown: Vec<_> =
        guide.split("```html\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let templates = ["base", "article", "gallery", "picture", "icons"]
        .map(|name| read(&format!("templates/{name}.html")));
    assert_eq!(shown, templates);
}
