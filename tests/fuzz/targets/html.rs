//! Checks that rewriting does not depend on the chunks of a page, changes nothing the second time, and inserts only markup.
#![no_main]

use std::sync::LazyLock;

use fingerpost::{Assets, Mode, manifest::MANIFEST_NAME};
use fingerpost_http::{HeadInserter, HtmlEncoding, UrlRewriter};
use libfuzzer_sys::fuzz_target;

const MANIFEST: &str =
    r#"{"version": "1.1", "paths": {"a.css": "a.0123456789ab.css", "b c.png": "b c.0123456789ab.png"}}"#;
const MARKUP: &str = "<script src=/x.js></script>";

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let out = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(out.path().join(MANIFEST_NAME), MANIFEST).expect("a writable directory");
    Assets::builder().collected(out.path()).mode(Mode::Production).build().expect("assets")
});

fn rewritten<'a>(chunks: impl Iterator<Item = &'a [u8]>, encoding: HtmlEncoding) -> Vec<u8> {
    let mut rewriter = UrlRewriter::with_encoding(&ASSETS.snapshot(), encoding);
    let mut output: Vec<u8> = chunks.flat_map(|chunk| rewriter.write(chunk)).collect();
    output.extend(rewriter.end());
    output
}

fn with_markup(chunks: impl Iterator<Item = Vec<u8>>, encoding: HtmlEncoding) -> Vec<u8> {
    let mut inserter = HeadInserter::new(MARKUP, encoding);
    let mut output: Vec<u8> = chunks.flat_map(|chunk| inserter.write(chunk.into())).collect();
    output.extend(inserter.end());
    output
}

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, html) = input;
    let charset = ["utf-8", "windows-1252", "shift_jis"][usize::from(choice) % 3];
    let content_type = format!("text/html; charset={charset}").parse().expect("a header value");
    let encoding = HtmlEncoding::from_content_type(&content_type).expect("an encoding");
    let size = usize::from(choice / 3).max(1);

    let whole = rewritten([html].into_iter(), encoding);
    assert_eq!(rewritten(html.chunks(size), encoding), whole, "chunks of {size} bytes");
    assert_eq!(rewritten([&whole[..]].into_iter(), encoding), whole, "second pass");

    let inserted = with_markup([html.to_vec()].into_iter(), encoding);
    assert_eq!(with_markup(html.chunks(size).map(Vec::from), encoding), inserted, "chunks of {size} bytes");
    let is_part = |start: usize| {
        let (before, rest) = html.split_at(start);
        let rest_of_output =
            inserted.strip_prefix(before).and_then(|output| output.strip_prefix(MARKUP.as_bytes()));
        rest_of_output == Some(rest)
    };
    assert!(inserted == html || (0..=html.len()).any(is_part), "{}", String::from_utf8_lossy(&inserted));
});
