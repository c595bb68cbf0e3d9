//! Untrusted asset paths.

use adapter_suite::{check_cases, hostile_file, hostile_path};
use fingerpost::{AssetPath, Assets, OnMissing, Url, manifest::Digest};
use percent_encoding::percent_decode_str;
use proptest::sample::select;

use crate::support::{Dir, Site, dev, hash, list, paths, production, publish};

const BASES: [&str; 3] = ["/", "/static/", "https://cdn.example.com/x/"];

/// Returns `true` if the URL may contain `&`, from the author or before an appended version.
fn may_have_an_ampersand(written: &str, has_version: bool) -> bool {
    let [_, query, fragment] = parts(written);
    query.contains('&') || fragment.contains('&') || (has_version && !query.is_empty())
}

/// Checks the invariants of every URL made from `written`.
#[track_caller]
fn assert_safe(base: &str, written: &str, url: &Url) {
    assert!(url.starts_with(base), "{url}");
    assert!(!url.contains(['<', '>', '"', '\'', ' ', '\\', '`', '(', ')']), "{url}");
    assert!(url.is_ascii() && !url.contains(|c: char| c.is_control()), "{url}");
    assert_eq!(url.is_html_inert(), !url.contains('&'));
    assert!(!url.contains('&') || may_have_an_ampersand(written, true), "{url}");
    // A browser does not change the URL, and requests a path below the base URL.
    let page = url::Url::parse("https://site.example/some/page?x").unwrap();
    let resolved = page.join(url).unwrap();
    let resolved_base = page.join(base).unwrap();
    assert_eq!(
        resolved.as_str(),
        if base.starts_with('/') { format!("https://site.example{url}") } else { url.to_string() }
    );
    assert_eq!(
        (resolved.scheme(), resolved.host_str(), resolved.port()),
        ("https", resolved_base.host_str(), None)
    );
    assert_eq!((resolved.username(), resolved.password()), ("", None));
    assert!(resolved.path().starts_with(resolved_base.path()), "{resolved}");
}

fn parts(url: &str) -> [&str; 3] {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    [path, query, fragment]
}

/// Checks that the URLs of development and production differ only in the version.
#[track_caller]
fn assert_equal_except_version(in_development: &Url, in_production: &Url, content: &str) {
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
        let (source, output) = (Dir::with_files(&files), publish(&files, &path));
        let (dev, production) = (plain(dev(&source), base), plain(production(&output), base));
        check_cases(600, &hostile_path(), |written| match (dev.url(&written), production.url(&written)) {
            (Ok(in_development), Ok(in_production)) => {
                assert_safe(base, &written, &in_development);
                assert_safe(base, &written, &in_production);
                assert!(in_production.is_html_inert() || may_have_an_ampersand(&written, false));
                assert_equal_except_version(&in_development, &in_production, "content");
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
    let site = Site::with_paths(&["a.css", "css/app.css", "⊗.txt"]);
    for (mode, assets) in site.in_both_modes() {
        check_cases(600, &hostile_path(), |written| {
            for err in [assets.url(&written).err(), assets.integrity(&written).err()].into_iter().flatten() {
                let text = err.to_string();
                let is_invisible = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
                assert!(!text.contains(|c: char| c.is_control() || is_invisible(c)), "{mode}: {text:?}");
                assert!(text.chars().count() < 1_200, "{mode}: {text}");
            }
        });
    }
}

#[cfg(unix)]
#[test]
fn any_file_name_yields_the_same_safe_url_in_both_modes() {
    let suffixes = select(&["", "?x=1", "?x=1&y=<2>", "#\"'<&>", "?", "?v=3", "?#", "?'\"&#%"][..]);
    check_cases(200, &(hostile_file(), suffixes, select(&BASES[..])), |(path, suffix, base)| {
        let base_path = fingerpost::BaseUrl::parse(base).unwrap().path().to_owned();
        let (source, output) = (Dir::with_files(&[(&path, &path)]), publish(&[(&path, &path)], &base_path));
        assert_eq!(paths(&list(&source)), [&*path]);

        let (dev, production) = (plain(dev(&source), base), plain(production(&output), base));
        let written = format!("{path}{suffix}");
        if let (Ok(in_development), Ok(in_production)) = (dev.url(&written), production.url(&written)) {
            assert_safe(base, &written, &in_development);
            assert_safe(base, &written, &in_production);
            assert_equal_except_version(&in_development, &in_production, &path);
        }
        if path.contains(['?', '#']) {
            assert_eq!((dev.iter().count(), production.iter().count()), (0, 0));
            return;
        }
        for (assets, stored) in [(&dev, path.clone()), (&production, hashed(&path))] {
            let (listed, url) = assets.iter().next().expect("a file that can be named");
            assert_eq!((&listed, &url), (&path, &assets.url(&path).unwrap()));
            // A server that decodes the path once finds the file.
            let resolved = url::Url::parse("https://site.example").unwrap().join(&url).unwrap();
            let decoded = percent_decode_str(resolved.path()).decode_utf8().unwrap();
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
