//! Escaping of URLs in pages.

use std::fmt;

use adapter_suite::Site;
use askama::{Template, filters::Escaper};
use fingerpost::Assets;
use fingerpost_askama::{StaticHelpers as _, filters};

use crate::support::page;

/// A custom escaper that puts brackets around underscores and ampersands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brackets;

impl Escaper for Brackets {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        dest.write_str(&text.replace('_', "[_]").replace('&', "[&]"))
    }
}

type Render = fn(&Assets, &str) -> [String; 3];

/// Declares the same source as an HTML template, as text, and as a template with the custom escaper.
macro_rules! templates {
    ($source:literal) => {{
        #[derive(Template)]
        #[template(source = $source, ext = "html")]
        struct Html<'a> {
            path: &'a str,
        }

        #[derive(Template)]
        #[template(source = $source, ext = "txt")]
        struct Text<'a> {
            path: &'a str,
        }

        #[derive(Template)]
        #[template(source = $source, ext = "tex", config = "tests/askama.toml")]
        struct Own<'a> {
            path: &'a str,
        }

        let render: Render = |assets, path| {
            [page(assets, &Html { path }), page(assets, &Text { path }), page(assets, &Own { path })]
        };
        render
    }};
}

/// Returns assets with one file, whose URL is `/static/a_b.7c98040a5416.svg`.
fn assets() -> (Site, Assets) {
    let site = Site::with_files(&["a_b.svg"]);
    let assets = site.production().origin("https://a.test").build().unwrap();
    (site, assets)
}

const PLAIN: &str = "a_b.svg#c";
const QUERY: &str = "a_b.svg?x=1&y=<2>#c&d";
const FRAGMENT: &str = "a_b.svg#c&d";

#[test]
fn url_is_escaped_exactly_once_and_only_where_the_template_escapes() {
    let (_site, assets) = assets();
    let plain = "/static/a_b.7c98040a5416.svg#c";
    let query = "/static/a_b.7c98040a5416.svg?x=1&y=%3C2%3E#c&d";
    let html = "/static/a_b.7c98040a5416.svg?x=1&#38;y=%3C2%3E#c&#38;d";
    let own = "/static/a[_]b.7c98040a5416.svg?x=1[&]y=%3C2%3E#c[&]d";
    let fragment = [
        "/static/a_b.7c98040a5416.svg#c&#38;d",
        "/static/a_b.7c98040a5416.svg#c&d",
        "/static/a[_]b.7c98040a5416.svg#c[&]d",
    ];
    for render in [
        templates!("{{ static(path) }}"),
        templates!("{{ path|static }}"),
        templates!("{% let url = static(path) %}{{ url }}"),
        templates!("{% let url = path|static %}{{ url }}"),
        templates!("{{ &static(path) }}"),
        templates!("{% macro link(url) %}{{ url }}{% endmacro %}{% call link(static(path)) %}{% endcall %}"),
        templates!(
            "{% macro link(path) %}{{ static(path) }}{% endmacro %}{% call link(path) %}{% endcall %}"
        ),
        templates!("{% let url %}{{ static(path) }}{% endlet %}{{ url|safe }}"),
        templates!("{% if let Some(url) = Some(static(path)) %}{{ url }}{% endif %}"),
        templates!("{{ (static(path)) ~ \"\" }}"),
        templates!("{% let urls = [static(path)] %}{% for url in urls %}{{ url }}{% endfor %}"),
    ] {
        assert_eq!(render(&assets, PLAIN), [plain, plain, plain]);
        assert_eq!(render(&assets, QUERY), [html, query, own]);
        assert_eq!(render(&assets, FRAGMENT), fragment);
    }
    for render in [templates!("{{ static_url(path) }}"), templates!("{{ path|static_url }}")] {
        assert_eq!(render(&assets, PLAIN), [plain; 3].map(|url| format!("https://a.test{url}")));
        assert_eq!(render(&assets, QUERY), [html, query, own].map(|url| format!("https://a.test{url}")));
    }
}

#[test]
fn custom_escaper_receives_urls_through_the_escape_filter() {
    let (_site, assets) = assets();
    let (plain, own) = ("/static/a_b.7c98040a5416.svg#c", "/static/a[_]b.7c98040a5416.svg#c");
    for render in [templates!("{{ static(path)|escape }}"), templates!("{{ path|static|e }}")] {
        assert_eq!(render(&assets, PLAIN), [plain, plain, own]);
        assert_eq!(render(&assets, QUERY)[0], "/static/a_b.7c98040a5416.svg?x=1&#38;y=%3C2%3E#c&#38;d");
    }
}

#[test]
fn version_and_integrity_are_unescaped_in_html_and_escaped_by_custom_escapers() {
    let site = Site::with_files(&["a_b.svg"]);
    let assets = site.production().app_version("v1_2").build().unwrap();
    assert_eq!(templates!("{{ path }}{{ app_version() }}")(&assets, ""), ["v1_2", "v1_2", "v1[_]2"]);
    let integrity = fingerpost::manifest::Digest::from_content(b"body{}").integrity();
    for render in [templates!("{{ static_integrity(path) }}"), templates!("{{ path|static_integrity }}")] {
        let [html, text, own] = render(&assets, "a_b.svg");
        assert_eq!([&html, &text, &own.replace("[_]", "_")], [&integrity; 3]);
    }
}

#[test]
fn concatenated_url_is_escaped_at_most_once() {
    let (_site, assets) = assets();
    for (render, plain, query) in [
        (
            templates!("{{ (static(path)) ~ \"&\" }}"),
            "/static/a_b.7c98040a5416.svg#c&#38;",
            "/static/a_b.7c98040a5416.svg?x=1&#38;y=%3C2%3E#c&#38;d&#38;",
        ),
        (
            templates!("{{ static(path)|upper }}"),
            "/STATIC/A_B.7C98040A5416.SVG#C",
            "/STATIC/A_B.7C98040A5416.SVG?X=1&#38;Y=%3C2%3E#C&#38;D",
        ),
        (
            templates!("{{ path|static|upper }}"),
            "/STATIC/A_B.7C98040A5416.SVG#C",
            "/STATIC/A_B.7C98040A5416.SVG?X=1&#38;Y=%3C2%3E#C&#38;D",
        ),
        (templates!("{{ path|static|truncate(9) }}"), "/static/a...", "/static/a..."),
        (
            templates!("{{ path|static|urlencode_strict }}"),
            "%2Fstatic%2Fa_b.7c98040a5416.svg%23c",
            "%2Fstatic%2Fa_b.7c98040a5416.svg%3Fx%3D1%26y%3D%253C2%253E%23c%26d",
        ),
        (
            templates!("{% filter lower %}{{ static(path) }}{% endfilter %}"),
            "/static/a_b.7c98040a5416.svg#c",
            // Askama escapes the content of a filter block, and then the output of the filter.
            "/static/a_b.7c98040a5416.svg?x=1&#38;#38;y=%3c2%3e#c&#38;#38;d",
        ),
    ] {
        assert_eq!(render(&assets, PLAIN)[0], plain);
        assert_eq!(render(&assets, QUERY)[0], query);
    }
}

#[test]
fn url_marked_safe_is_written_unchanged() {
    let (_site, assets) = assets();
    for render in [templates!("{{ static(path)|safe }}"), templates!("{{ path|static|safe }}")] {
        assert_eq!(render(&assets, QUERY), ["/static/a_b.7c98040a5416.svg?x=1&y=%3C2%3E#c&d"; 3]);
    }
}

#[derive(Template)]
#[template(source = r#"{{ static("a_b.svg")|urlencode }}"#, ext = "html")]
struct Encoded;

#[test]
fn filter_without_runtime_values_uses_the_scope() {
    let (_site, assets) = assets();
    assert!(Encoded.render_with_values(&fingerpost_askama::values(&assets)).is_err());
    assert_eq!(assets.snapshot().scope(|| Encoded.render()).unwrap(), "/static/a_b.7c98040a5416.svg");
}
