use std::{fs, path::Path};

use fingerpost::{Assets, AssetsBuilder, Mode, OnMissing, Strategy, Token};
use http::HeaderValue;
use proptest::{
    collection::vec,
    prelude::{any, prop_assert_eq, prop_oneof, proptest},
    sample::select,
    strategy::Strategy as Generator,
};
use tempfile::TempDir;

use super::*;

const FILES: [&str; 9] =
    ["a.css", "js/app.js", "img/a.png", "b c.css", "x&y.css", "%2F.txt", "⊗.txt", "comma,", "1000/a.css"];

fn files() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for path in FILES {
        let file = dir.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, path).unwrap();
    }
    dir
}

fn production(dir: &Path) -> AssetsBuilder {
    Assets::builder().source(dir).mode(Mode::Production)
}

/// `/static/a.css?v=H`
fn by_query() -> Snapshot {
    let dir = files();
    let assets = production(dir.path()).strategy(Strategy::VersionQuery).app_version("H");
    assets.build().unwrap().snapshot()
}

/// `/static/1000/a.css`
fn by_token(base_url: &str) -> Snapshot {
    let dir = files();
    let strategy = Strategy::PathToken(Token::ordered(1000).unwrap());
    production(dir.path()).strategy(strategy).base_url(base_url).build().unwrap().snapshot()
}

/// `<base url>a.H.css`
fn by_manifest(base_url: &str) -> Snapshot {
    let dir = tempfile::tempdir().unwrap();
    let manifest = r#"{"version": "1.1", "paths": {"a.css": "a.H.css", "img/a.png": "img/a.H.png", "comma,": "comma.H,"}}"#;
    fs::write(dir.path().join("staticfiles.json"), manifest).unwrap();
    let assets = Assets::builder().collected(dir.path()).base_url(base_url).mode(Mode::Production);
    assets.build().unwrap().snapshot()
}

fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, snapshot: &Snapshot) -> Vec<u8> {
    let mut versioner = HtmlVersioner::new(snapshot);
    let mut versioned: Vec<u8> = pieces.into_iter().flat_map(|piece| versioner.write(piece)).collect();
    versioned.extend(versioner.end());
    versioned
}

#[track_caller]
fn versioned(snapshot: &Snapshot, html: &str, expected: &str) {
    let once = version_html(html, snapshot);
    assert_eq!(once, expected);
    assert_eq!(version_html(&once, snapshot), once, "a second pass changes nothing");
}

#[track_caller]
fn untouched(snapshot: &Snapshot, html: &str) {
    assert_eq!(version_html(html, snapshot), html);
}

#[test]
fn references_to_assets_get_a_version() {
    let snapshot = by_query();
    for (html, expected) in [
        (r#"<link href="/static/a.css">"#, r#"<link href="/static/a.css?v=H">"#),
        (r#"<link href="/static/a.css?x=1#f">"#, r#"<link href="/static/a.css?x=1&amp;v=H#f">"#),
        (r#"<link href="/static/a.css#f?x">"#, r#"<link href="/static/a.css?v=H#f?x">"#),
        (r#"<link href="/static/a.css?">"#, r#"<link href="/static/a.css?v=H">"#),
        (r#"<link href="/static/a.css?x=1&#38;y=2">"#, r#"<link href="/static/a.css?x=1&amp;y=2&amp;v=H">"#),
        (r#"<link href="/static/a.css?x=1&y=2">"#, r#"<link href="/static/a.css?x=1&amp;y=2&amp;v=H">"#),
        (r#"<link href="/static/a.css?a&copy=1">"#, r#"<link href="/static/a.css?a&amp;copy=1&amp;v=H">"#),
        (r#"<link href=" /static/a.css&#10;">"#, "<link href=\" /static/a.css?v=H\n\">"),
        (r#"<script src='/static/js/app.js'></script>"#, r#"<script src='/static/js/app.js?v=H'></script>"#),
        (r#"<video poster=/static/img/a.png>"#, r#"<video poster="/static/img/a.png?v=H">"#),
        (r#"<img src= /static/img/a.png alt=x>"#, r#"<img src= "/static/img/a.png?v=H" alt=x>"#),
        (r#"<IMG SRC="/static/img/a.png"/>"#, r#"<IMG SRC="/static/img/a.png?v=H"/>"#),
        (r#"<a href="/static/b%20c.css">"#, r#"<a href="/static/b%20c.css?v=H">"#),
        (r#"<a href="/static/b c.css">"#, r#"<a href="/static/b%20c.css?v=H">"#),
        (r#"<a href="/static/x&amp;y.css">"#, r#"<a href="/static/x%26y.css?v=H">"#),
        (r#"<a href="/static/%252F.txt">"#, r#"<a href="/static/%252F.txt?v=H">"#),
        (r#"<a href="/static/⊗.txt">"#, r#"<a href="/static/%E2%8A%97.txt?v=H">"#),
        (r#"<a href="&sol;static&#x2f;a.css">"#, r#"<a href="/static/a.css?v=H">"#),
        (r#"<svg><use href="/static/a.css#x"/></svg>"#, r#"<svg><use href="/static/a.css?v=H#x"/></svg>"#),
        (
            r#"<template><img src="/static/img/a.png"></template>"#,
            r#"<template><img src="/static/img/a.png?v=H"></template>"#,
        ),
        (
            r#"<a href="/static/a.css"><img src='/static/img/a.png' href=/static/a.css>"#,
            r#"<a href="/static/a.css?v=H"><img src='/static/img/a.png?v=H' href="/static/a.css?v=H">"#,
        ),
    ] {
        versioned(&snapshot, html, expected);
    }
}

#[test]
fn every_url_of_a_srcset_gets_a_version() {
    let snapshot = by_query();
    for (value, expected) in [
        ("/static/img/a.png", "/static/img/a.png?v=H"),
        (" /static/img/a.png 1x,/static/a.css  2x ", " /static/img/a.png?v=H 1x,/static/a.css?v=H  2x "),
        ("/static/img/a.png, /static/nope.png 2x", "/static/img/a.png?v=H, /static/nope.png 2x"),
        (
            "data:image/png;base64,AA,/static/a.css 1x, /static/img/a.png 2x",
            "data:image/png;base64,AA,/static/a.css 1x, /static/img/a.png?v=H 2x",
        ),
        ("/x.png (a, /static/a.css), /static/a.css", "/x.png (a, /static/a.css), /static/a.css?v=H"),
        ("/static/img/a.png?x=1&amp;y 100w", "/static/img/a.png?x=1&amp;y&amp;v=H 100w"),
        ("/static/comma%2C 1x", "/static/comma,?v=H 1x"),
    ] {
        for name in ["srcset", "imagesrcset", "SrcSet"] {
            versioned(
                &snapshot,
                &format!(r#"<img {name}="{value}">"#),
                &format!(r#"<img {name}="{expected}">"#),
            );
        }
    }
    // A browser would take a comma at the end for the end of the candidate.
    let manifest = by_manifest("/static/");
    versioned(&manifest, "<img srcset='/static/comma%2C 1x'>", "<img srcset='/static/comma.H%2C 1x'>");
    versioned(&manifest, "<a href='/static/comma%2C'>", "<a href='/static/comma.H,'>");
}

#[test]
fn all_else_stays_as_it_is() {
    let snapshot = by_query();
    for value in [
        "/static/nope.css",
        "/static/a.css?v=1",
        "/static/a.css?x&v#f",
        "/static/a.css?%76=1",
        "//static/a.css",
        "//example.com/static/a.css",
        "https://example.com/static/a.css",
        "static/a.css",
        "../static/a.css",
        "/other/static/a.css",
        "/Static/a.css",
        "/static",
        "/static/",
        "/static/js/",
        "/static/js",
        "/static//a.css",
        "/static/./a.css",
        "/static/js/../a.css",
        "/static/js/%2e%2e/a.css",
        "/static/js%2Fapp.css",
        "/static/a.css%3Fx",
        "/static/a\\b.css",
        "/static/\0a.css",
        "/static/%FF",
        "/static/a.cs\u{fffd}",
        "#static/a.css",
        "javascript:'/static/a.css'",
        "",
        "&",
        "&#0;&bogus;&amp",
    ] {
        untouched(&snapshot, &format!("<a  HREF = \"{value}\"\n\tsrcset='{value}' >x</a >"));
    }
}

#[test]
fn only_the_named_attributes_of_elements_count() {
    let snapshot = by_query();
    for html in [
        r#"<!-- <link href="/static/a.css"> -->"#,
        r#"<!doctype html SYSTEM "/static/a.css">"#,
        r#"<script>"<link href='/static/a.css'>"</script>"#,
        r#"<script type="text/template"><link href="/static/a.css"></script>"#,
        r#"<style>@import "/static/a.css"; /* <a href="/static/a.css"> */</style>"#,
        r#"<textarea><a href="/static/a.css"></textarea>"#,
        r#"<title><a href="/static/a.css"></title>"#,
        r#"<noscript><a href="/static/a.css"></noscript>"#,
        r#"<iframe><a href="/static/a.css"></iframe>"#,
        r#"<svg><![CDATA[<a href="/static/a.css">]]></svg>"#,
        r#"<plaintext><a href="/static/a.css">"#,
        r#"<form action="/static/a.css" data-src="/static/a.css" xlink:href="/static/a.css" content="/static/a.css">"#,
        r#"</a href="/static/a.css">"#,
        "text /static/a.css",
        r#"<a title='href="/static/a.css"'>"#,
    ] {
        untouched(&snapshot, html);
    }
    versioned(
        &snapshot,
        r#"<svg><script><a href="/static/a.css"></a></script><style><a href="/static/a.css"></style></svg>"#,
        r#"<svg><script><a href="/static/a.css?v=H"></a></script><style><a href="/static/a.css?v=H"></style></svg>"#,
    );
}

#[test]
fn what_a_tag_holds_besides_stays_letter_for_letter() {
    versioned(
        &by_query(),
        "\u{feff}<!DOCTYPE html>\r\n<LINK  Rel = stylesheet\n\thref\t=\n'/static/a.css'   data-x='&#38;&lt;\"'  / >\r\n<p  class= x >",
        "\u{feff}<!DOCTYPE html>\r\n<LINK  Rel = stylesheet\n\thref\t=\n'/static/a.css?v=H'   data-x='&#38;&lt;\"'  / >\r\n<p  class= x >",
    );
}

#[test]
fn hashed_names_are_put_in_and_left_alone_later() {
    let snapshot = by_manifest("/static/");
    versioned(&snapshot, r#"<link href="/static/a.css?x=1#f">"#, r#"<link href="/static/a.H.css?x=1#f">"#);
    versioned(&snapshot, "<img srcset='/static/img/a.png 1x'>", "<img srcset='/static/img/a.H.png 1x'>");
    untouched(&snapshot, r#"<link href="/static/a.H.css?x=1#f">"#);
    untouched(&snapshot, r#"<link href="/static/a.css?v=1">"#);
}

#[test]
fn a_base_url_with_a_host_is_known_by_its_path_too() {
    let snapshot = by_manifest("https://cdn.example.com/static/");
    let hashed = r#"<link href="https://cdn.example.com/static/a.H.css">"#;
    for url in
        ["https://cdn.example.com/static/a.css", "HTTPS://CDN.example.com/static/a.css", "/static/a.css"]
    {
        versioned(&snapshot, &format!(r#"<link href="{url}">"#), hashed);
    }
    for url in ["https://example.com/static/a.css", "//cdn.example.com/static/a.css", "/a.css"] {
        untouched(&snapshot, &format!(r#"<link href="{url}">"#));
    }
    let bare = by_manifest("https://cdn.example.com/");
    versioned(
        &bare,
        r#"<link href="https://cdn.example.com/a.css">"#,
        r#"<link href="https://cdn.example.com/a.H.css">"#,
    );
    untouched(&bare, r#"<link href="/a.css">"#);
}

#[test]
fn a_path_token_is_put_in() {
    let snapshot = by_token("/static/{breaker}/");
    for url in ["/static/a.css?x=1#f", "/static/1000/a.css?x=1#f"] {
        versioned(&snapshot, &format!(r#"<link href="{url}">"#), r#"<link href="/static/1000/a.css?x=1#f">"#);
    }
    // The token goes before a directory of that name, as it does when the URL is asked for.
    versioned(&snapshot, "<a href='/static/1000/1000/a.css'>", "<a href='/static/1000/1000/a.css'>");
    untouched(&snapshot, r#"<link href="/static/999/a.css">"#);
    untouched(&snapshot, r#"<link href="/static/">"#);

    let first = by_token("https://cdn/{breaker}/static/");
    for url in
        ["/static/a.css", "https://cdn/static/a.css", "/1000/static/a.css", "https://cdn/1000/static/a.css"]
    {
        versioned(
            &first,
            &format!(r#"<link href="{url}">"#),
            r#"<link href="https://cdn/1000/static/a.css">"#,
        );
    }
}

#[test]
fn unknown_assets_stay_in_every_mode() {
    let dir = files();
    let lenient = Assets::builder().source(dir.path()).mode(Mode::Dev).on_missing(OnMissing::Plain);
    untouched(&lenient.build().unwrap().snapshot(), r#"<link href="/static/n ope.css">"#);
    let plain = Assets::builder().source(dir.path()).mode(Mode::Dev).dev_version_query(false);
    untouched(&plain.build().unwrap().snapshot(), r#"<link href="/static/a.css">"#);
}

#[test]
fn other_encodings_come_through() {
    let snapshot = by_query();
    let through = |content_type: &'static str, html: &[u8]| {
        let encoding = HtmlEncoding::of(&HeaderValue::from_static(content_type)).unwrap();
        let mut versioner = HtmlVersioner::with_encoding(&snapshot, encoding);
        [versioner.write(html), versioner.end()].concat()
    };
    // Latin-1 where UTF-8 is expected: what is no UTF-8 stays, what is ASCII is versioned.
    let latin = b"<p title='\xe4'>\xfc<a href=\"/static/a.css\"><a href='/static/a.css?\xe4'>";
    assert_eq!(
        through("text/html", latin),
        b"<p title='\xe4'>\xfc<a href=\"/static/a.css?v=H\"><a href='/static/a.css?\xe4'>"
    );
    let srcset = b"<img alt=\xe4 srcset='/static/a.css 1x, /\xe4.png 2x'>";
    assert_eq!(
        through("text/html; charset=iso-8859-1", srcset),
        b"<img alt=\xe4 srcset='/static/a.css?v=H 1x, /\xe4.png 2x'>"
    );
    // In Shift_JIS the second byte of a character may be a backslash.
    let shift_jis = b"<img alt='\x83\x5c' srcset=\"/static/a.css, /\x83\x5c.png 2x, &#9731;.png 3x\">";
    assert_eq!(
        through("text/html; charset=Shift_JIS", shift_jis),
        b"<img alt='\x83\x5c' srcset=\"/static/a.css?v=H, /\x83\x5c.png 2x, &#9731;.png 3x\">"
    );
    for content_type in ["text/html; charset=utf-16", "text/html; charset=ISO-2022-JP", "text/plain"] {
        assert_eq!(HtmlEncoding::of(&HeaderValue::from_static(content_type)), None, "{content_type}");
    }
    assert_eq!(
        HtmlEncoding::of(&HeaderValue::from_static("text/html; charset=nope")),
        Some(HtmlEncoding::default())
    );
}

#[test]
fn nothing_hostile_is_lost_or_doubled() {
    let snapshot = by_query();
    let long = "x".repeat(1 << 20);
    let reference = r#"<a href="/static/a.css">"#;
    for (before, after) in [
        (format!("<p title='{long}'>"), String::new()),
        (format!("<p {long}=1>"), format!("<a href='/static/{long}'>")),
        ("<a b".repeat(10_000) + ">", "<".repeat(10_000)),
        ("<p>".repeat(10_000), "</p>".repeat(10_000)),
        ("<template>".repeat(1_000), "</template>".repeat(1_000)),
        ("<svg><script>".repeat(1_000), "</script></svg>".repeat(1_000)),
        ("\0<p \0=\0>\0".to_owned(), "<a href=\"\0/static/a.css".to_owned()),
        (
            "<select><option><xmp>x</xmp><script>1</script></select>".to_owned(),
            "<frameset><style>".to_owned(),
        ),
        (String::new(), "<a href='/static/a.css".to_owned()),
        (String::new(), "<a href=/static/a.css".to_owned()),
        (String::new(), "<!-- <a href='/static/a.css'>".to_owned()),
    ] {
        let html = format!("{before}{reference}{after}");
        let expected = format!("{before}<a href=\"/static/a.css?v=H\">{after}");
        assert_eq!(version_html(&html, &snapshot), expected);
        let pieces = html.as_bytes().chunks(4096);
        assert_eq!(in_pieces(pieces, &snapshot), expected.as_bytes());
    }
}

#[test]
fn what_takes_too_much_memory_passes_as_it_is() {
    let snapshot = by_query();
    let reference = r#"<a href="/static/a.css">"#;
    let long = format!("<a title='{}' href='/static/a.css'>", "x".repeat(50_000));
    let deep = "<b>".repeat(100_000);
    for (what, pieces) in [(&long, 100), (&long, 100_000), (&deep, 1_000), (&deep, 1 << 20)] {
        let html = format!("{reference}{what}{reference}");
        let mut versioner = HtmlVersioner::with_memory(&snapshot, HtmlEncoding::default(), 20_000);
        let mut versioned: Vec<u8> =
            html.as_bytes().chunks(pieces).flat_map(|piece| versioner.write(piece)).collect();
        versioned.extend(versioner.end());
        let versioned = String::from_utf8(versioned).unwrap();
        assert_eq!(versioned.replace("?v=H", ""), html);
        assert!(versioned.starts_with(r#"<a href="/static/a.css?v=H">"#));
        if pieces == 100 || what == &deep {
            assert!(versioned.ends_with(reference), "it has given up");
        }
    }
    let open = format!("{}{reference}", "<b>".repeat(100_000));
    assert!(
        version_html(&open, &snapshot).ends_with(r#"<a href="/static/a.css?v=H">"#),
        "by far not too much"
    );
}

/// Pieces of documents: markup, references, and what may break either.
fn html() -> impl Generator<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "<",
        ">",
        "/",
        "=",
        "\"",
        "'",
        " ",
        "\n",
        "a",
        "<a ",
        "<img ",
        "</a>",
        "href=",
        "src = ",
        "srcset='",
        "poster=\"",
        "/static/a.css",
        "/static/img/a.png",
        "/static/",
        "/static/nope.css",
        "?x=1",
        "&amp;y",
        "#f",
        "?v=1",
        ", ",
        " 2x",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<svg>",
        "</svg>",
        "<template>",
        "<style>",
        "</style>",
        "<![CDATA[",
        "]]>",
        "<textarea>",
        "</textarea>",
        "<select>",
        "<xmp>",
        "&#x2f;",
        "data:a,b",
        "(",
        ")",
        "ä",
        "\0",
        "</",
        "<!",
        "<?",
    ];
    const TAGS: &[&str] = &[
        "<a href='/static/a.css'>",
        "<img src=/static/img/a.png alt=x>",
        "<img srcset=\"/static/a.css 1x, /static/nope 2x\">",
        "<video x poster = \"/static/img/a.png?x&amp;y#f\" >",
        "<link href=\" /static/b c.css \"/>",
        "<a href='/static/comma,?v=1'>",
    ];
    let piece = prop_oneof![
        3 => select(TAGS).prop_map(|tag| tag.as_bytes().to_vec()),
        9 => select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_same(html in html(), sizes in vec(1..9_usize, 1..20)) {
        let snapshot = by_query_once();
        let whole = in_pieces([&html[..]], snapshot);
        let (mut rest, mut pieces) = (&html[..], Vec::new());
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(in_pieces(pieces, snapshot), whole);
    }

    #[test]
    fn a_second_pass_changes_nothing(html in html()) {
        let snapshot = by_query_once();
        let once = in_pieces([&html[..]], snapshot);
        prop_assert_eq!(in_pieces([&once[..]], snapshot), once);
    }

    #[test]
    fn a_document_without_assets_comes_through(html in html()) {
        let html: Vec<u8> = html.iter().map(|byte| if *byte == b's' { b'z' } else { *byte }).collect();
        prop_assert_eq!(in_pieces([&html[..]], by_query_once()), html);
    }

    #[test]
    fn any_bytes_come_through(html in vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(in_pieces([&html[..]], by_query_once()), html);
    }
}

fn by_query_once() -> &'static Snapshot {
    static SNAPSHOT: std::sync::OnceLock<Snapshot> = std::sync::OnceLock::new();
    SNAPSHOT.get_or_init(by_query)
}

#[test]
fn it_can_be_sent_to_another_thread() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<HtmlVersioner>();
    is_send_and_sync::<HtmlEncoding>();
}
