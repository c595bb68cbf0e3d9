//! Paths that come from users.

use std::sync::LazyLock;

use askama::Template;
use fingerpost::{Assets, OnMissing};
use fingerpost_askama::{StaticHelpers as _, filters, values};
use proptest::prelude::*;

use crate::support::Site;

#[derive(Template)]
#[template(source = "{{ static(path) }}", ext = "html")]
struct Html<'a> {
    path: &'a str,
}

#[derive(Template)]
#[template(source = "{{ path|static }}", ext = "html")]
struct Filtered<'a> {
    path: &'a str,
}

#[derive(Template)]
#[template(source = "{{ static(path) }}", ext = "txt")]
struct Text<'a> {
    path: &'a str,
}

#[derive(Template)]
#[template(source = "{{ static_integrity(path) }}{{ static_url(path) }}", ext = "html")]
struct Rest<'a> {
    path: &'a str,
}

/// A site in both modes that lets every well-formed path through.
static SITE: LazyLock<(Site, [Assets; 2])> = LazyLock::new(|| {
    let site = Site::with_files(&["a.css", "b/c.css"]);
    let both = site.in_both_modes(|assets| assets.on_missing(OnMissing::Plain));
    (site, both)
});

/// What Askama makes of ordinary text.
fn escape(text: &str) -> String {
    #[derive(Template)]
    #[template(source = "{{ text }}", ext = "html")]
    struct Ordinary<'a> {
        text: &'a str,
    }
    Ordinary { text }.render().unwrap()
}

#[track_caller]
fn assert_harmless(path: &str) {
    for assets in &SITE.1 {
        let values = values(assets);
        let html = Html { path }.render_with_values(&values);
        let text = Text { path }.render_with_values(&values);
        match assets.url(path) {
            Ok(url) => {
                let html = html.unwrap();
                assert_eq!(html, escape(&url), "{path:?}");
                assert!(!html.contains(['<', '>', '"', '\'']), "{path:?}: {html}");
                assert!(html.starts_with("/static/"), "{path:?}: {html}");
                assert_eq!(Filtered { path }.render_with_values(&values).unwrap(), html, "{path:?}");
                assert_eq!(text.unwrap(), *url, "{path:?}");
                // What the function takes for granted before it knows the URL.
                assert!(url.is_html_inert() || path.contains(['?', '&']), "{path:?}: {url}");
            }
            Err(err) => {
                let story = err.to_string();
                for result in [html, text, Filtered { path }.render_with_values(&values)] {
                    assert!(result.unwrap_err().to_string().starts_with(&story), "{path:?}");
                }
            }
        }
        // Either is right, and no panic.
        drop(Rest { path }.render_with_values(&values));
    }
}

#[test]
fn markup_in_a_path_is_never_written_into_a_page() {
    for path in [
        "\"><script>alert(1)</script>",
        "'onerror='alert(1)",
        "a.css?\"><script>alert(1)</script>",
        "a.css?x=1&y=2",
        "a.css?&&&&#&&<>\"'",
        "a.css#\"><script>",
        "a.css#?&",
        "a.css#page=3&zoom=150",
        "?&",
        "&",
        "&lt;script&gt;.css",
        "a.css?a=&copy=1",
        "javascript:alert(1)",
        "data:text/html,<script>",
        "//evil.test/a.css",
        "/\\evil.test",
        "../../etc/passwd",
        "b/../a.css",
        "%2e%2e/a.css",
        "a.css\0",
        "a.css\n<b>",
        "\u{202e}a.css",
        "{{ static(\"a.css\") }}",
        "",
        "/",
        "?",
        "#",
    ] {
        assert_harmless(path);
    }
    assert_harmless(&"a/".repeat(100_000));
    assert_harmless(&"?&".repeat(100_000));
}

proptest! {
    #[test]
    fn any_text_yields_an_error_or_a_safe_url(path in any::<String>()) {
        assert_harmless(&path);
    }

    #[test]
    fn path_like_text_yields_an_error_or_a_safe_url(path in "(a\\.css|b/c\\.css|[a-z<>&\"' %/.]{0,8})[?#&<>\"'=a-z%;]{0,12}") {
        assert_harmless(&path);
    }
}
