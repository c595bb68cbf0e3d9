use super::{assert_rewritten, assert_unchanged, by_manifest, by_query, by_token};

const OTHER_HOST: &[&str] = &[
    "https://other.example/",
    "HTTPS://other.example",
    "//other.example/",
    "\\\\other.example/",
    "/\\other.example/static/",
    " \n/&Tab;/other.example/",
    "&#104;ttps&colon;//other.example/",
    "https://cdn.example.com.other.example/",
    "https://cdn.example.com:8443/",
    "https://cdn.example.com@other.example/",
    "http://cdn.example.com/",
    "https:///",
    "file:///static/",
    "about:blank",
];

const WITHOUT_HOST: &[&str] = &[
    "",
    "/",
    "/static/",
    "sub/",
    "../",
    "?x=//other.example/",
    "#//other.example/",
    "a/b:c",
    "1:2",
    ":x",
    "/https://other.example/",
    "data:text/html,//other.example/",
    "JAVA&NewLine;SCRIPT://other.example/",
];

const HOST_OF_BASE_URL: &[&str] = &[
    "https://cdn.example.com/",
    "HTTPS://CDN.EXAMPLE.COM",
    "https://cdn.example.com/static/?x",
    "https://cdn.example.com?x",
    "https:\\\\cdn.example.com\\static",
    "//cdn.example.com/elsewhere/",
];

#[test]
fn paths_after_a_base_element_with_another_host_are_unchanged() {
    for base_url in ["/static/", "https://cdn.example.com/static/"] {
        let snapshot = by_manifest(base_url);
        let new = |html: &str| html.replace("/static/a.css", &format!("{base_url}a.H.css"));
        let reference = r#"<link href="/static/a.css">"#;
        for href in OTHER_HOST {
            let rest = format!(r#"<base href="{href}">{reference}<img srcset="/static/img/a.png 2x">"#);
            assert_rewritten(&snapshot, &format!("{reference}{rest}"), &format!("{}{rest}", new(reference)));
        }
        for href in WITHOUT_HOST {
            let base = format!(r#"<base href="{href}">"#);
            assert_rewritten(&snapshot, &format!("{base}{reference}"), &format!("{base}{}", new(reference)));
        }
        for href in HOST_OF_BASE_URL {
            let base = format!(r#"<base href="{href}">"#);
            let after = if base_url.starts_with('/') { reference.to_owned() } else { new(reference) };
            assert_rewritten(&snapshot, &format!("{base}{reference}"), &format!("{base}{after}"));
        }
    }
}

#[test]
fn base_element_does_not_affect_absolute_urls() {
    let snapshot = by_token("https://cdn.example.com/static/{breaker}/");
    let base = r#"<base href="//other.example/"><a href="/static/1000/a.css">"#;
    assert_rewritten(
        &snapshot,
        &format!(r#"{base}<link href="https://cdn.example.com/static/a.css">"#),
        &format!(r#"{base}<link href="https://cdn.example.com/static/1000/a.css">"#),
    );
}

#[test]
fn href_of_a_base_element_is_not_rewritten() {
    let snapshot = by_query();
    for html in [
        r#"<base href="/static/a.css">"#,
        "<BASE HREF=/static/a.css>",
        r#"<template><base href="/static/a.css"></template>"#,
        r#"<base href="/"><base href="/static/a.css">"#,
    ] {
        assert_unchanged(&snapshot, html);
    }
}

#[test]
fn first_base_element_with_an_href_applies() {
    let snapshot = by_query();
    let (before, after) = (r#"<link href="/static/a.css">"#, r#"<link href="/static/a.css?v=H">"#);
    for ignored in [
        r#"<base href="/"><base href="//other.example/">"#,
        r#"<base href><base href="//other.example/">"#,
        r#"<template><base href="//other.example/"></template>"#,
        r#"<template><p><base href="//other.example/"></p></template><base><base href="/sub/">"#,
        r#"<svg><base href="//other.example/"/></svg>"#,
        r#"<!-- <base href="//other.example/"> -->"#,
        r#"<base target="//other.example/"><a href="//other.example/"></a>"#,
        r#"<base href="/" href="//other.example/">"#,
    ] {
        assert_rewritten(&snapshot, &format!("{ignored}{before}"), &format!("{ignored}{after}"));
    }
    for applied in [
        r#"<base target="_top"><base href="//other.example/"><base href="/">"#,
        r#"<template><base href="/"></template><base href="//other.example/">"#,
        r#"<svg><base href="/"/></svg><p><base href="//other.example/">"#,
    ] {
        assert_unchanged(&snapshot, &format!("{applied}{before}"));
    }
}
