use super::{assert_rewritten, assert_unchanged, by_manifest, by_query};

#[test]
fn references_to_assets_get_the_version_parameter() {
    let snapshot = by_query();
    for (html, expected) in [
        (r#"<link href="/static/a.css">"#, r#"<link href="/static/a.css?v=H">"#),
        (r#"<link href="/static/a.css?x=1#f">"#, r#"<link href="/static/a.css?x=1&amp;v=H#f">"#),
        (r#"<link href="/static/a.css#f?x">"#, r#"<link href="/static/a.css?v=H#f?x">"#),
        (r#"<a href="/static/a.css#page=3&zoom=1">"#, r#"<a href="/static/a.css?v=H#page=3&amp;zoom=1">"#),
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
        assert_rewritten(&snapshot, html, expected);
    }
}

#[test]
fn import_map_of_the_author_is_unchanged() {
    let map = r#"<script type="importmap">{"imports": {"a": "/static/js/app.js", "/static/a.css": "/static/a.css"}}</script>"#;
    assert_unchanged(&by_query(), map);
    assert_unchanged(&by_manifest("/static/"), map);
}

#[test]
fn every_url_in_a_srcset_gets_the_version_parameter() {
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
            assert_rewritten(
                &snapshot,
                &format!(r#"<img {name}="{value}">"#),
                &format!(r#"<img {name}="{expected}">"#),
            );
        }
    }
    // Browsers parse a comma at the end of a URL as the end of the image candidate.
    let manifest = by_manifest("/static/");
    assert_rewritten(&manifest, "<img srcset='/static/comma%2C 1x'>", "<img srcset='/static/comma.H%2C 1x'>");
    assert_rewritten(&manifest, "<a href='/static/comma%2C'>", "<a href='/static/comma.H,'>");
}

#[test]
fn other_urls_are_unchanged() {
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
        assert_unchanged(&snapshot, &format!("<a  HREF = \"{value}\"\n\tsrcset='{value}' >x</a >"));
    }
}

#[test]
fn only_known_url_attributes_of_elements_are_rewritten() {
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
        assert_unchanged(&snapshot, html);
    }
    assert_rewritten(
        &snapshot,
        r#"<svg><script><a href="/static/a.css"></a></script><style><a href="/static/a.css"></style></svg>"#,
        r#"<svg><script><a href="/static/a.css?v=H"></a></script><style><a href="/static/a.css?v=H"></style></svg>"#,
    );
}
