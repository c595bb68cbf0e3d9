//! Untrusted asset paths.

use fingerpost::{AssetPath, Assets, OnMissing, Url, manifest::Digest, sources::IgnoreRules};
use percent_encoding::percent_decode_str;
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{TestCaseError, TestRunner},
};

use crate::support::{Dir, UrlOptions, dev, hash, list, paths, production, publish};

const BASES: [&str; 3] = ["/", "/static/", "https://cdn.example.com/x/"];

/// Pieces of text that are dangerous in HTML, URLs, shells or terminals.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "<",
    ">",
    "&",
    "&amp;",
    "&#38;",
    "<script>",
    "</script>",
    "javascript:",
    "data:text/html,",
    "vbscript:",
    "https://evil.example/",
    "//evil.example",
    "///",
    "/",
    "//",
    "/",
    ".",
    "..",
    "../",
    "/../",
    "%2e%2e",
    "%2e%2e%2f",
    "%2E.",
    ".%00",
    "\0",
    "?",
    "#",
    "?v=3",
    "&v=",
    "?v",
    "?x=1&y=2",
    "\\",
    "\\\\evil",
    "C:",
    "c:\\",
    ":",
    "@",
    "@evil",
    ";",
    "%",
    "%2",
    "%zz",
    "%25",
    "%c0%ae",
    "+",
    " ",
    "\t",
    "\r\n",
    "\u{1b}[2J",
    "\u{7f}",
    "`",
    "{",
    "}",
    "{{x}}",
    "|",
    "^",
    "[",
    "]",
    "(",
    ")",
    "*",
    "~",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{200f}",
    "\u{feff}",
    "\u{2028}",
    "é",
    "e\u{301}",
    "⊗",
    "．．",
    "／",
    "＼",
    "ｊavascript：",
    "😀",
    "\u{10ffff}",
    "a.css",
    "css/app.css",
    "static/",
    "app",
    ".css",
    "CON",
    "v=",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => select(PIECES).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => "[a-z0-9]{1,6}",
    ];
    let short = vec(piece.clone(), 0..8).prop_map(|pieces| pieces.concat());
    let long = vec(piece, 0..800).prop_map(|pieces| cut(pieces.concat(), 4_096));
    let behind = (select(&["a.css", "/a.css", "css/", "a.css?", "a.css#"][..]), short.clone());
    let arbitrary = vec(any::<char>(), 0..2_000).prop_map(|text| cut(text.into_iter().collect(), 4_096));
    prop_oneof![6 => short, 3 => behind.prop_map(|(head, tail)| head.to_owned() + &tail), 1 => long, 1 => arbitrary]
}

fn cut(mut text: String, longest: usize) -> String {
    text.truncate(text.floor_char_boundary(longest));
    text
}

/// An asset path that some file system can store.
fn hostile_file() -> impl Strategy<Value = String> {
    let is_piece = |piece: &&&str| !piece.contains(['/', '\0']);
    let pieces: Vec<_> = PIECES.iter().filter(is_piece).copied().collect();
    let letter = any::<char>().prop_filter("no separator", |c| !matches!(c, '/' | '\0'));
    let piece = prop_oneof![4 => select(pieces).prop_map(str::to_owned), 1 => letter.prop_map(String::from)];
    let segment = vec(piece, 1..6).prop_map(|pieces| cut(pieces.concat(), 200));
    vec(segment, 1..4).prop_map(|segments| segments.join("/")).prop_filter("an asset path", |path| {
        AssetPath::parse(path).is_ok() && IgnoreRules::default().reason_to_ignore(path).is_none()
    })
}

/// Runs `check` on this many values, and reports the simplest that fails.
#[track_caller]
fn always<S: Strategy>(cases: u32, values: &S, check: impl Fn(S::Value)) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(values, |value| {
        check(value);
        Ok::<_, TestCaseError>(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Returns `true` if the URL may contain `&`: the author wrote one, or a version is appended to a query.
fn may_have_an_ampersand(written: &str, has_version: bool) -> bool {
    let [_, query, fragment] = parts(written);
    query.contains('&') || fragment.contains('&') || (has_version && !query.is_empty())
}

/// Checks the invariants of every URL made from `written`.
#[track_caller]
fn is_harmless(base: &str, written: &str, url: &Url) {
    assert!(url.starts_with(base), "{url}");
    assert!(!url.contains(['<', '>', '"', '\'', ' ', '\\', '`', '(', ')']), "{url}");
    assert!(url.is_ascii() && !url.contains(|c: char| c.is_control()), "{url}");
    assert_eq!(url.is_html_inert(), !url.contains('&'));
    assert!(!url.contains('&') || may_have_an_ampersand(written, true), "{url}");
    // A browser resolves the URL without changing it, to a path below the base URL.
    let page = url::Url::parse("https://site.example/some/page?x").unwrap();
    let seen = page.join(url).unwrap();
    let place = page.join(base).unwrap();
    assert_eq!(
        seen.as_str(),
        if base.starts_with('/') { format!("https://site.example{url}") } else { url.to_string() }
    );
    assert_eq!((seen.scheme(), seen.host_str(), seen.port()), ("https", place.host_str(), None));
    assert_eq!((seen.username(), seen.password()), ("", None));
    assert!(seen.path().starts_with(place.path()), "{seen}");
}

fn parts(url: &str) -> [&str; 3] {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    [path, query, fragment]
}

/// Checks that the URLs of development and production differ only in the version.
#[track_caller]
fn differ_in_the_version_alone(in_development: &Url, in_production: &Url, content: &str) {
    let [path, query, fragment] = parts(in_development);
    let version = format!("v={}", hash(content));
    let query = query.strip_suffix(&version).map_or(query, |rest| rest.strip_suffix('&').unwrap_or(rest));
    let [hashed, written, other_fragment] = parts(in_production);
    let unhashed = hashed.replacen(&format!(".{}", hash(content)), "", 1);
    assert_eq!([path, query, fragment], [&*unhashed, written, other_fragment]);
}

fn plain(builder: fingerpost::AssetsBuilder, base: &str) -> Assets {
    builder.base_url(base).on_missing(OnMissing::Plain).build().unwrap()
}

#[test]
fn any_input_yields_an_error_or_a_safe_url_below_the_base_url() {
    for base in BASES {
        let files = ["a.css", "css/app.css"].map(|path| (path, "content"));
        let path = fingerpost::BaseUrl::parse(base).unwrap().path().to_owned();
        let (source, output) = (Dir::with(&files), publish(&files, &path));
        let (dev, production) = (plain(dev(&source), base), plain(production(&output), base));
        always(600, &hostile(), |written| match (dev.url(&written), production.url(&written)) {
            (Ok(in_development), Ok(in_production)) => {
                is_harmless(base, &written, &in_development);
                is_harmless(base, &written, &in_production);
                assert!(in_production.is_html_inert() || may_have_an_ampersand(&written, false));
                differ_in_the_version_alone(&in_development, &in_production, "content");
                for assets in [&dev, &production] {
                    assert_eq!(assets.absolute_url(&written).unwrap(), assets.url(&written).unwrap());
                }
            }
            (in_development, in_production) => {
                assert_eq!(in_development.unwrap_err().to_string(), in_production.unwrap_err().to_string());
            }
        });
    }
}

#[test]
fn error_messages_are_single_short_lines() {
    let site = UrlOptions::of(&["a.css", "css/app.css", "⊗.txt"]);
    for (mode, assets) in site.both() {
        always(600, &hostile(), |written| {
            for err in [assets.url(&written).err(), assets.integrity(&written).err()].into_iter().flatten() {
                let text = err.to_string();
                let unseen = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
                assert!(!text.contains(|c: char| c.is_control() || unseen(c)), "{mode}: {text:?}");
                assert!(text.chars().count() < 1_200, "{mode}: {text}");
            }
        });
    }
}

#[cfg(unix)]
#[test]
fn any_file_name_yields_the_same_safe_url_in_both_modes() {
    let suffixes = select(&["", "?x=1", "?x=1&y=<2>", "#\"'<&>", "?", "?v=3", "?#", "?'\"&#%"][..]);
    always(200, &(hostile_file(), suffixes, select(&BASES[..])), |(path, suffix, base)| {
        let base_path = fingerpost::BaseUrl::parse(base).unwrap().path().to_owned();
        let (source, output) = (Dir::with(&[(&path, &path)]), publish(&[(&path, &path)], &base_path));
        assert_eq!(paths(&list(&source)), [&*path]);

        let (dev, production) = (plain(dev(&source), base), plain(production(&output), base));
        let written = format!("{path}{suffix}");
        if let (Ok(in_development), Ok(in_production)) = (dev.url(&written), production.url(&written)) {
            is_harmless(base, &written, &in_development);
            is_harmless(base, &written, &in_production);
            differ_in_the_version_alone(&in_development, &in_production, &path);
        }
        if path.contains(['?', '#']) {
            assert_eq!((dev.iter().count(), production.iter().count()), (0, 0));
            return;
        }
        for (assets, stored) in [(&dev, path.clone()), (&production, hashed(&path))] {
            let (listed, url) = assets.iter().next().expect("a file that can be named");
            assert_eq!((&listed, &url), (&path, &assets.url(&path).unwrap()));
            // A server that decodes the path once finds the file.
            let seen = url::Url::parse("https://site.example").unwrap().join(&url).unwrap();
            let decoded = percent_decode_str(seen.path()).decode_utf8().unwrap();
            assert_eq!(decoded, format!("{base_path}{stored}"));
            assert_eq!(
                assets.integrity(&written).unwrap(),
                Digest::from_content(path.as_bytes()).integrity()
            );
        }
        assert!(dev.url(&path).unwrap().ends_with(&format!("?v={}", hash(&path))));
    });
}

fn hashed(path: &str) -> String {
    AssetPath::parse(path).unwrap().hashed(&fingerpost::manifest::ContentHash::from_content(path.as_bytes()))
}
