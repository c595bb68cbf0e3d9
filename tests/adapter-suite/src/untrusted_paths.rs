//! Tests with paths from untrusted users.

use fingerpost::{AssetPath, Assets, OnMissing, manifest::ContentHash};
use proptest::{sample::select, strategy::Strategy as _};
use url::Url;

use crate::{
    hostile::{check_cases, hostile_file, hostile_path},
    pages::{Render, pages},
    site::{CONTENT, Site},
};

/// Checks a table of paths.
pub fn hostile_path_is_rejected_or_encoded(engine: &dyn Fn(&Assets) -> Render) {
    let long = "a".repeat(4_096);
    let long_url = format!("/static/{long}");
    let markup = "\"><script>".repeat(400);
    let markup_url = format!("/static/{}", "%22%3E%3Cscript%3E".repeat(400));
    let segments = "a/".repeat(2_048);
    let segments_url = format!("/static/{segments}");
    // Each path with the URL of the missing asset, or `None` if the path is rejected.
    let rows: &[(&str, Option<&str>)] = &[
        ("\"'<>&", Some("/static/%22%27%3C%3E%26")),
        ("x\" onerror=\"alert(1)", Some("/static/x%22%20onerror%3D%22alert%281%29")),
        ("</a><script>alert(1)</script>", Some("/static/%3C/a%3E%3Cscript%3Ealert%281%29%3C/script%3E")),
        ("&quot;&#34;", Some("/static/%26quot%3B%26#34;")),
        ("a.css?\"'<>&x#\"'<>&", Some("/static/a.css?%22%27%3C%3E&x#%22%27%3C%3E&")),
        ("{{ 7 * 7 }}{% raw %}", Some("/static/%7B%7B%207%20*%207%20%7D%7D%7B%25%20raw%20%25%7D")),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)", None),
        ("/javascript:alert(1)", None),
        (" javascript:alert(1)", Some("/static/%20javascript:alert%281%29")),
        ("java\nscript:alert(1)", Some("/static/java%0Ascript:alert%281%29")),
        ("data:text/html,x", None),
        ("https://evil.example/x.js", None),
        ("//evil.example/x.js", None),
        ("///evil.example/x.js", None),
        ("/\\evil.example/x.js", None),
        ("\\\\evil.example\\x.js", None),
        ("@evil.example", Some("/static/@evil.example")),
        ("..", None),
        ("../etc/passwd", None),
        ("css/../../etc/passwd", None),
        ("css/..", None),
        (".", None),
        ("%2e%2e/etc/passwd", Some("/static/%252e%252e/etc/passwd")),
        ("%2E%2E%2Fetc", Some("/static/%252E%252E%252Fetc")),
        (".%00./x", Some("/static/.%2500./x")),
        ("．．/x", Some("/static/%EF%BC%8E%EF%BC%8E/x")),
        ("a\0.css", None),
        ("a\r\nSet-Cookie: x", Some("/static/a%0D%0ASet-Cookie:%20x")),
        ("\u{202e}ssc.a", Some("/static/%E2%80%AEssc.a")),
        ("", None),
        (&long, Some(&long_url)),
        (&markup, Some(&markup_url)),
        (&segments, Some(&segments_url)),
    ];
    for (on_missing, assets) in Site::with_files(&["css/app.css"]).in_both_modes_and_policies() {
        let render = engine(&assets);
        for (path, plain) in rows {
            let url = assert_harmless(&assets, &render, path);
            // A path that ends in a slash has a URL without a lookup.
            let has_url = on_missing == OnMissing::Plain || path.ends_with('/');
            assert_eq!(url.as_deref(), plain.filter(|_| has_url), "{path:?}");
        }
    }
}

/// Checks random paths.
pub fn any_path_yields_an_error_or_a_url_below_the_base_url(engine: &dyn Fn(&Assets) -> Render) {
    let site = Site::with_files(&["a.css", "css/app.css"]);
    let all: Vec<_> =
        site.in_both_modes_and_policies().map(|(_, assets)| (engine(&assets), assets)).collect();
    check_cases(300, &hostile_path(), |path| {
        for (render, assets) in &all {
            assert_harmless(assets, render, &path);
        }
    });
}

/// Checks existing files with random names.
pub fn any_file_has_a_url_below_the_base_url(engine: &dyn Fn(&Assets) -> Render) {
    if cfg!(not(unix)) {
        return;
    }
    let file = hostile_file().prop_filter("no query", |path| !path.contains(['?', '#']));
    check_cases(60, &(file, select(&["", "?x=1&y='<2>'", "#\"&"][..])), |(path, suffix)| {
        let hashed = AssetPath::parse(&path).unwrap().hashed(&ContentHash::from_content(CONTENT.as_bytes()));
        for (_, assets) in Site::with_files(&[&path]).in_both_modes_and_policies() {
            let url = assert_harmless(&assets, &engine(&assets), &format!("{path}{suffix}"));
            let url = url.expect("the file exists");
            let (file, _) = url.split_once(['?', '#']).unwrap_or((&url, ""));
            // A server finds the file after decoding the path once.
            let file = percent_decoded(file.strip_prefix("/static/").unwrap());
            assert!(file == path || file == hashed, "{file}");
            assert!(assets.integrity(&path).is_ok());
        }
    });
}

/// Checks that every page renders the value of the core without markup, or fails with the message of the core.
///
/// Returns the URL.
#[track_caller]
fn assert_harmless(assets: &Assets, render: &Render, path: &str) -> Option<String> {
    for page in pages() {
        let name = &page.name;
        match (render(name, path), page.expected(assets, path)) {
            (Ok(text), Ok(expected)) => {
                assert_eq!(if page.is_html { decode_attribute(&text) } else { text }, expected, "{name}");
                if !page.is_integrity() {
                    assert_below_base_url(&expected);
                }
            }
            (Err(text), Err(err)) => assert_reported(&text, &err),
            (text, expected) => panic!("{path:?}: {name} has {text:?}, the core has {expected:?}"),
        }
    }
    assets.url(path).map(|url| url.to_string()).ok()
}

/// Checks that the engine's error contains the complete message of the core, and no control characters.
#[track_caller]
fn assert_reported(text: &str, err: &fingerpost::Error) {
    assert!(text.contains(&err.to_string()), "{text:?} does not contain {err}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    assert!(text.chars().count() < 1_600, "{text}");
}

/// Decodes the value of a quoted or unquoted attribute as a browser does.
#[track_caller]
fn decode_attribute(value: &str) -> String {
    assert!(!value.contains(['"', '\'', '<', '>', '`', '\0']), "{value}");
    assert!(value.is_ascii() && !value.contains(|c: char| c.is_whitespace() || c.is_control()), "{value}");
    let mut pieces = value.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').unwrap_or_else(|| panic!("a bare `&` in {value}"));
        text.push(match name {
            "amp" | "#38" => '&',
            "#x2f" => '/',
            _ => panic!("`&{name};` in {value}"),
        });
        text.push_str(rest);
    }
    text
}

/// Checks that a browser resolves `url` to a path below the base URL of the site.
#[track_caller]
fn assert_below_base_url(url: &str) {
    let page = Url::parse("https://example.com/some/page?x#y").unwrap();
    let requested = page.join(url).unwrap();
    let host = (requested.scheme(), requested.host_str(), requested.port());
    assert_eq!(host, ("https", Some("example.com"), None), "{url}");
    assert_eq!((requested.username(), requested.password()), ("", None), "{url}");
    assert!(requested.path().starts_with("/static/"), "{url}");
    // The browser does not change the URL.
    let without_origin = |url: &str| url.strip_prefix("https://example.com").unwrap_or(url).to_owned();
    assert_eq!(without_origin(requested.as_str()), without_origin(url));
}

fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}
