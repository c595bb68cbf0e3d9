//! Paths that come from strangers.

use fingerpost::{AssetPath, Assets, OnMissing, sources::IgnoreRules};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{TestCaseError, TestRunner},
};

use crate::support::{Engine, Site};

/// Each helper that makes a URL, in each kind of quotes, and without any.
const PAGES: [(&str, &str, &str, &str); 5] = [
    ("double.html", "<a href=\"", "{{ static(path=p) }}", "\">"),
    ("single.html", "<a href='", "{{ p | static }}", "'>"),
    ("bare.html", "<a href=", "{{ static(path=p) }}", ">"),
    ("absolute.html", "<a href=\"", "{{ static_url(path=p) }}", "\">"),
    ("absolute-filter.html", "<a href=\"", "{{ p | static_url }}", "\">"),
];

each_major! {
    hostile_path_is_rejected_or_encoded
    any_path_yields_an_error_or_a_url_below_the_base_url
}

#[cfg(unix)]
mod files {
    each_major! { any_file_has_a_url_below_the_base_url }

    use super::any_file_has_a_url_below_the_base_url;
}

/// An engine with all pages, and the assets behind it.
struct Pages<E> {
    assets: Assets,
    engine: E,
}

impl<E: Engine> Pages<E> {
    fn new(assets: Assets) -> Self {
        let mut engine = E::with_templates(
            &assets,
            &[
                ("url.txt", "{{ static(path=p) }}"),
                ("filter.txt", "{{ p | static }}"),
                ("integrity.html", "<script integrity=\"{{ static_integrity(path=p) }}\">"),
                ("integrity-filter.html", "<script integrity=\"{{ p | static_integrity }}\">"),
            ],
        );
        for (name, before, call, after) in PAGES {
            engine.add(name, &format!("{before}{call}{after}")).unwrap();
        }
        Self { assets, engine }
    }

    fn render(&self, name: &str, path: &str) -> Result<String, String> {
        self.engine.render_with(name, &[("p", path)])
    }

    /// Every page with this path is an error that names it, or has a harmless URL. Returns that URL.
    #[track_caller]
    fn assert_harmless(&self, path: &str) -> Option<String> {
        let url = self.assets.url(path);
        for (name, before, _, after) in PAGES {
            match (self.render(name, path), &url) {
                (Ok(page), Ok(url)) => {
                    let seen = attribute(&page, before, after);
                    assert_below_base_url(&seen);
                    let origin = if name.starts_with("absolute") { "https://example.com" } else { "" };
                    assert_eq!(seen, format!("{origin}{url}"), "{name}");
                }
                (Err(text), Err(err)) => assert_reported(&text, err),
                (page, url) => panic!("{path:?} is {page:?} in {name} and {url:?} in the core"),
            }
        }
        for name in ["integrity.html", "integrity-filter.html"] {
            match (self.render(name, path), self.assets.integrity(path)) {
                (Ok(page), Ok(integrity)) => {
                    assert_eq!(attribute(&page, "<script integrity=\"", "\">"), *integrity)
                }
                (Err(text), Err(err)) => assert_reported(&text, &err),
                (page, integrity) => panic!("{path:?} is {page:?} in {name} and {integrity:?} in the core"),
            }
        }
        let url = url.ok()?.to_string();
        let text = if E::HELPERS_ESCAPE { url.replace('&', "&amp;") } else { url.clone() };
        for name in ["url.txt", "filter.txt"] {
            assert_eq!(self.render(name, path).as_ref(), Ok(&text));
        }
        Some(url)
    }
}

/// The core's text is in the engine's, whole and harmless to a terminal.
#[track_caller]
fn assert_reported(text: &str, err: &fingerpost::Error) {
    let message = err.to_string();
    assert!(text.lines().any(|line| line.trim_start_matches("error: ") == message), "{text:?}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    assert!(text.chars().count() < 1_600, "{text}");
}

/// The URL that a browser reads out of the page.
#[track_caller]
fn attribute(page: &str, before: &str, after: &str) -> String {
    let value = page.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).expect(page);
    assert!(!value.contains(['"', '\'', '<', '>', '`', '\0']), "{page}");
    assert!(value.is_ascii() && !value.contains(|c: char| c.is_whitespace() || c.is_control()), "{page}");
    let decoded = value.replace("&amp;", "&");
    assert_eq!(decoded.replace('&', "&amp;"), value, "an `&` that is not escaped");
    decoded
}

/// A browser ends up below the base URL of the site.
#[track_caller]
fn assert_below_base_url(url: &str) {
    let page = url::Url::parse("https://example.com/some/page?x#y").unwrap();
    let seen = page.join(url).unwrap();
    assert_eq!((seen.scheme(), seen.host_str(), seen.port()), ("https", Some("example.com"), None), "{url}");
    assert_eq!((seen.username(), seen.password()), ("", None), "{url}");
    assert!(seen.path().starts_with("/static/"), "{url}");
    // Nothing in it is changed on the way, so it is what a server is asked for.
    assert_eq!(
        seen.as_str().strip_prefix("https://example.com"),
        url.strip_prefix("https://example.com").or(Some(url))
    );
}

/// The site in both modes, for either answer to what is not there.
fn all_pages<E: Engine>(site: &Site) -> [(OnMissing, Pages<E>); 4] {
    let of = |on_missing| {
        let both = site.in_both_modes(|assets| assets.on_missing(on_missing).origin("https://example.com"));
        both.map(|assets| (on_missing, Pages::new(assets)))
    };
    let ([a, b], [c, d]) = (of(OnMissing::Error), of(OnMissing::Plain));
    [a, b, c, d]
}

fn hostile_path_is_rejected_or_encoded<E: Engine>() {
    let (long, markup) = ("a".repeat(4_096), "\"><script>".repeat(400));
    let refused = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "/javascript:alert(1)",
        "data:text/html,x",
        "https://evil.example/x.js",
        "//evil.example/x.js",
        "///evil.example/x.js",
        "/\\evil.example/x.js",
        "..",
        "../etc/passwd",
        "css/../../etc/passwd",
        ".",
        "a\0.css",
        "",
    ];
    let encoded = [
        "\"'<>&",
        "x\" onerror=\"alert(1)",
        "</a><script>alert(1)</script>",
        "&quot;&#34;",
        "a.css?\"'<>&x#\"'<>&",
        "{{ 7 * 7 }}{% raw %}",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "@evil.example",
        "%2e%2e/etc/passwd",
        "．．/x",
        "a\r\nSet-Cookie: x",
        "\u{202e}ssc.a",
        &long,
        &markup,
    ];
    for (on_missing, pages) in all_pages::<E>(&Site::with_files(&["css/app.css"])) {
        for path in refused {
            assert_eq!(pages.assert_harmless(path), None, "{path:?}");
        }
        for path in encoded {
            assert_eq!(pages.assert_harmless(path).is_some(), on_missing == OnMissing::Plain, "{path:?}");
        }
    }
}

/// What has been dangerous somewhere.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "<",
    ">",
    "&",
    "&amp;",
    "&#x2f;",
    "<script>",
    "</",
    "-->",
    "javascript:",
    "data:",
    "https://evil.example/",
    "//evil.example",
    "/",
    "//",
    ".",
    "..",
    "../",
    "/..",
    "%2e%2e",
    "%2f",
    "%00",
    "\0",
    "?",
    "#",
    "?v=3",
    "&v=",
    "?x=1&y=2",
    "\\",
    ":",
    "@",
    ";",
    "%",
    "%zz",
    "+",
    "=",
    " ",
    "\t",
    "\r\n",
    "\u{1b}",
    "\u{7f}",
    "\u{85}",
    "`",
    "{{",
    "}}",
    "{%",
    "|",
    "^",
    "(",
    ")",
    "*",
    "~",
    "$",
    "\u{202e}",
    "\u{feff}",
    "\u{2028}",
    "\u{a0}",
    "é",
    "⊗",
    "．．",
    "／",
    "😀",
    "a.css",
    "css/app.css",
    "static/",
    ".css",
    "v=",
];

fn hostile_path() -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![4 => select(PIECES).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    let text = vec(piece.clone(), 0..10).prop_map(|pieces| pieces.concat());
    let behind = (select(&["a.css", "/a.css?", "css/", "a.css#", "a.css?x&"][..]), text.clone());
    let long = vec(piece, 0..400).prop_map(|pieces| pieces.concat());
    prop_oneof![6 => text, 4 => behind.prop_map(|(head, tail)| head.to_owned() + &tail), 1 => long]
}

/// Runs `check` on so many values, and shows the simplest that fails.
#[track_caller]
fn check_cases<S: Strategy>(cases: u32, values: &S, check: impl Fn(S::Value)) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(values, |value| {
        check(value);
        Ok::<_, TestCaseError>(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

fn any_path_yields_an_error_or_a_url_below_the_base_url<E: Engine>() {
    let all = all_pages::<E>(&Site::with_files(&["a.css", "css/app.css"]));
    check_cases(300, &hostile_path(), |path| {
        for (_, pages) in &all {
            pages.assert_harmless(&path);
        }
    });
}

/// An asset path that some disk can hold.
#[cfg(unix)]
fn hostile_file() -> impl Strategy<Value = String> {
    let pieces: Vec<_> =
        PIECES.iter().copied().filter(|piece| !piece.contains(['/', '\0', '?', '#'])).collect();
    let segment = vec(select(pieces), 1..6).prop_map(|pieces| pieces.concat());
    vec(segment, 1..4).prop_map(|segments| segments.join("/")).prop_filter("an asset path", |path| {
        AssetPath::parse(path).is_ok() && IgnoreRules::default().reason_to_ignore(path).is_none()
    })
}

#[cfg(unix)]
fn any_file_has_a_url_below_the_base_url<E: Engine>() {
    check_cases(60, &(hostile_file(), select(&["", "?x=1&y='<2>'", "#\"&"][..])), |(path, suffix)| {
        for (_, pages) in all_pages::<E>(&Site::with_files(&[&path])) {
            assert!(pages.assert_harmless(&format!("{path}{suffix}")).is_some(), "the file is there");
        }
    });
}
