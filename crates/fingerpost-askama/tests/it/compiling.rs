//! What the compiler says.

use std::fs;

const SAID: &str = "tests/ui/page.stderr";

#[test]
fn a_page_without_the_use_line_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/page.rs");
}

#[test]
fn the_documentation_holds_what_the_compiler_says_without_the_use_line() {
    let read = |path: &str| {
        let text = fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        text.replace("\r\n", "\n")
    };
    let said: Vec<_> = read(SAID).replace("tests/ui/", "src/").lines().map(str::to_owned).collect();
    let source = read("src/lib.rs");
    let documentation: Vec<_> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    assert!(documentation.windows(said.len()).any(|block| block == said), "{}", said.join("\n"));
}
