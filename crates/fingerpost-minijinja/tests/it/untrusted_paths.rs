//! Paths that come from strangers.

use fingerpost::{AssetPath, Assets, OnMissing, sources::IgnoreRules};
use minijinja::{Environment, Error, ErrorKind, context};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{TestCaseError, TestRunner},
};

use crate::support::{Site, core_error, decode_attribute, environment};

/// Each helper that makes a URL, in each kind of quotes, and without any.
const PAGES: [(&str, &str, &str, &str); 5] = [
    ("double.html", "<a href=\"", "{{ static(p) }}", "\">"),
    ("single.html", "<a href='", "{{ p | static }}", "'>"),
    ("bare.html", "<a href=", "{{ static(path=p) }}", ">"),
    ("absolute.html", "<a href=\"", "{{ static_url(p) }}", "\">"),
    ("set.html", "<a href=\"", "{% set u %}{{ static(p) }}{% endset %}{{ u }}", "\">"),
];

fn hostile_environment(assets: &Assets) -> Environment<'static> {
    let mut env = environment(assets);
    for (name, before, call, after) in PAGES {
        env.add_template_owned(name, format!("{before}{call}{after}")).unwrap();
    }
    for (name, source) in [
        ("url.txt", "{{ static(p) }}"),
        ("url.js", "{{ static(p) }}"),
        ("absolute.txt", "{{ static_url(p) }}"),
        ("integrity.html", "<script integrity=\"{{ static_integrity(p) }}\">"),
    ] {
        env.add_template(name, source).unwrap();
    }
    env
}

fn render(env: &Environment<'_>, name: &str, path: &str) -> Result<String, Error> {
    env.get_template(name).unwrap().render(context! { p => path })
}

/// The URL that a browser reads out of the page.
#[track_caller]
fn attribute(page: &str, before: &str, after: &str) -> String {
    let value = page.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).expect(page);
    assert!(!value.contains(['"', '\'', '<', '>', '`', '\0']), "{page}");
    assert!(value.is_ascii() && !value.contains(|c: char| c.is_whitespace() || c.is_control()), "{page}");
    decode_attribute(value)
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

/// Every page with this path is an error that names it, or has a harmless URL. Returns that URL.
#[track_caller]
fn assert_harmless(env: &Environment<'_>, path: &str) -> Option<String> {
    let expected = render(env, "url.txt", path);
    for (name, before, _, after) in PAGES {
        match (render(env, name, path), &expected) {
            (Ok(page), Ok(expected)) => {
                let url = attribute(&page, before, after);
                assert_below_base_url(&url);
                let origin = if name == "absolute.html" { "https://example.com" } else { "" };
                assert_eq!(url, format!("{origin}{expected}"), "{name}");
            }
            (Err(err), Err(_)) => assert_refused(&err, name),
            (page, text) => panic!("{path:?} is {page:?} in {name} and {text:?} as text"),
        }
    }
    if let Ok(page) = render(env, "integrity.html", path) {
        let integrity = attribute(&page, "<script integrity=\"", "\">");
        assert!(integrity.starts_with("sha256-") && integrity.len() == 51, "{integrity}");
    }
    let url = expected.ok()?;
    assert_eq!(render(env, "url.js", path).unwrap(), format!("\"{url}\""));
    assert_eq!(render(env, "absolute.txt", path).unwrap(), format!("https://example.com{url}"));
    Some(url)
}

#[track_caller]
fn assert_refused(err: &Error, name: &str) {
    assert_eq!((err.kind(), err.name(), err.line()), (ErrorKind::InvalidOperation, Some(name), Some(1)));
    let text = core_error(err).expect("the core's error is behind the engine's").to_string();
    assert_eq!(err.detail(), Some(&*text));
    assert!(text.chars().count() < 1_200 && !text.contains(|c: char| c.is_control()), "{text:?}");
}

/// The site in both modes, for either answer to what is not there.
fn environments(site: &Site) -> [(OnMissing, Environment<'static>); 4] {
    let of = |on_missing| {
        let both = site.in_both_modes(|assets| assets.on_missing(on_missing).origin("https://example.com"));
        both.map(|assets| (on_missing, hostile_environment(&assets)))
    };
    let ([a, b], [c, d]) = (of(OnMissing::Error), of(OnMissing::Plain));
    [a, b, c, d]
}

#[test]
fn hostile_path_is_rejected_or_encoded() {
    let long = "a".repeat(4_096);
    let long_url = format!("/static/{long}");
    let markup = "\"><script>".repeat(400);
    let markup_url = format!("/static/{}", "%22%3E%3Cscript%3E".repeat(400));
    let segments = "a/".repeat(2_048);
    let segments_url = format!("/static/{segments}");
    // What it becomes where an unknown asset is a plain URL; nothing, if it is refused there too.
    let rows: &[(&str, Option<&str>)] = &[
        ("\"'<>&", Some("/static/%22%27%3C%3E%26")),
        ("x\" onerror=\"alert(1)", Some("/static/x%22%20onerror%3D%22alert%281%29")),
        ("</a><script>alert(1)</script>", Some("/static/%3C/a%3E%3Cscript%3Ealert%281%29%3C/script%3E")),
        ("&quot;&#34;", Some("/static/%26quot%3B%26#34;")),
        ("a.css?\"'<>&x#\"'<>&", None),
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
    for (on_missing, env) in environments(&Site::with_files(&["css/app.css"])) {
        for (path, plain) in rows {
            let url = assert_harmless(&env, path);
            match on_missing {
                OnMissing::Plain if *path != "a.css?\"'<>&x#\"'<>&" => {
                    assert_eq!(url.as_deref(), *plain, "{path:?}")
                }
                OnMissing::Plain => assert_eq!(url.unwrap(), "/static/a.css?%22%27%3C%3E&x#%22%27%3C%3E&"),
                // A path that ends in a slash names no asset.
                _ if path.ends_with('/') => assert_eq!(url.as_deref(), *plain, "{path:?}"),
                _ => assert_eq!(url, None, "{path:?}"),
            }
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

#[test]
fn any_path_yields_an_error_or_a_url_below_the_base_url() {
    let environments = environments(&Site::with_files(&["a.css", "css/app.css"]));
    check_cases(400, &hostile_path(), |path| {
        for (_, env) in &environments {
            assert_harmless(env, &path);
        }
    });
}

#[cfg(unix)]
#[test]
fn any_file_has_a_url_below_the_base_url() {
    check_cases(100, &(hostile_file(), select(&["", "?x=1&y='<2>'", "#\"&"][..])), |(path, suffix)| {
        for (_, env) in environments(&Site::with_files(&[&path])) {
            let url = assert_harmless(&env, &format!("{path}{suffix}")).expect("the file is there");
            let (file, _) = url.split_once(['?', '#']).unwrap_or((&url, ""));
            // A server that decodes the path once finds the file.
            let file = percent_decoded(file.strip_prefix("/static/").unwrap());
            let hashed = AssetPath::parse(&path)
                .unwrap()
                .hashed(&fingerpost::manifest::ContentHash::from_content(b"body{}"));
            assert!(file == path || file == hashed, "{file}");
            assert!(render(&env, "integrity.html", &path).is_ok());
        }
    });
}

#[cfg(unix)]
fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}
