//! Values of the functions and filters.

use adapter_suite::{CONTENT, Site};
use askama::Template;
use fingerpost::AssetsBuilder;
use fingerpost_askama::{StaticHelpers as _, filters};

use crate::support::page;

#[derive(Template)]
#[template(
    source = r#"{{ static(path) }} {{ path|static }} {{ static_url(path) }} {{ path|static_url }}"#,
    ext = "html"
)]
struct Urls<'a> {
    path: &'a str,
}

/// Checks `static` and `static_url` of a path, in development and in production, as function and as filter.
#[track_caller]
fn assert_urls(set: impl Fn(AssetsBuilder) -> AssetsBuilder, rows: &[(&str, [&str; 2], [&str; 2])]) {
    let site = Site::with_files(&["css/app.css", "img/card.png"]);
    let [development, production] = site.in_both_modes(set);
    for &(path, urls, absolute_urls) in rows {
        for (assets, url, absolute) in
            [(&development, urls[0], absolute_urls[0]), (&production, urls[1], absolute_urls[1])]
        {
            let expected = format!("{url} {url} {absolute} {absolute}");
            assert_eq!(page(assets, &Urls { path }), expected, "{path} in {:?}", assets.mode());
        }
    }
}

#[test]
fn each_helper_is_a_function_and_a_filter() {
    let both = ["/static/css/app.css?v=7c98040a5416", "/static/css/app.7c98040a5416.css"];
    assert_urls(|assets| assets, &[("css/app.css", both, both), ("/css/app.css", both, both)]);
}

#[test]
fn origin_is_prepended_only_by_static_url() {
    assert_urls(
        |assets| assets.origin("https://example.com/"),
        &[
            (
                "img/card.png#a",
                ["/static/img/card.png?v=7c98040a5416#a", "/static/img/card.7c98040a5416.png#a"],
                [
                    "https://example.com/static/img/card.png?v=7c98040a5416#a",
                    "https://example.com/static/img/card.7c98040a5416.png#a",
                ],
            ),
            (
                "img/",
                ["/static/img/", "/static/img/"],
                ["https://example.com/static/img/", "https://example.com/static/img/"],
            ),
        ],
    );
}

#[test]
fn absolute_base_url_needs_no_origin() {
    let both = [
        "https://cdn.test/static/css/app.css?v=7c98040a5416",
        "https://cdn.test/static/css/app.7c98040a5416.css",
    ];
    assert_urls(
        |assets| assets.base_url("https://cdn.test/static").origin("https://example.com"),
        &[("css/app.css", both, both)],
    );
}

#[test]
fn query_after_a_path_is_preserved() {
    let own_version = ["/static/css/app.css?v=3", "/static/css/app.7c98040a5416.css?v=3"];
    assert_urls(|assets| assets, &[("css/app.css?v=3", own_version, own_version)]);
}

#[derive(Template)]
#[template(
    source = r#"{{ static_integrity("css/app.css") }} {{ "css/app.css"|static_integrity }} {{ app_version() }}"#,
    ext = "html"
)]
struct Rest;

#[test]
fn integrity_and_app_version_are_the_same_in_both_modes() {
    let integrity = fingerpost::manifest::Digest::from_content(CONTENT.as_bytes()).integrity();
    for assets in Site::with_files(&["css/app.css"]).in_both_modes(|assets| assets) {
        assert_eq!(page(&assets, &Rest), format!("{integrity} {integrity} v7"));
    }
}

#[derive(Template)]
#[template(
    source = r#"{{ static(owned) }} {{ static(boxed) }} {{ static(shared) }} {{ static(borrowed.as_ref()) }} {{ owned|static }} {{ boxed|static }} {{ borrowed|static }} {{ shown|static }} {{ ("css/" ~ name ~ '.' ~ "css")|static }}"#,
    ext = "html"
)]
struct Paths<'a> {
    owned: String,
    boxed: Box<str>,
    shared: &'a String,
    borrowed: std::borrow::Cow<'a, str>,
    shown: std::fmt::Arguments<'a>,
    name: &'a str,
}

#[test]
fn functions_accept_any_string_type_and_filters_any_display_type() {
    let (_site, assets) = crate::support::release(CONTENT);
    let path = "css/app.css".to_owned();
    let paths = Paths {
        owned: path.clone(),
        boxed: path.as_str().into(),
        shared: &path,
        borrowed: path.as_str().into(),
        shown: format_args!("css/{}.css", "app"),
        name: "app",
    };
    let expected = ["/static/css/app.7c98040a5416.css"; 9].join(" ");
    assert_eq!(page(&assets, &paths), expected);
}

#[test]
fn helper_results_are_debug_copy_send_and_sync() {
    fn value<T: std::fmt::Debug + Copy + Send + Sync>(value: T) -> String {
        format!("{value:?}")
    }
    assert!(value(Rest.app_version()).starts_with("StaticText("));
    match Rest.r#static("a.css") {
        askama::filters::MaybeSafe::Safe(url) => assert!(value(url).contains("a.css")),
        askama::filters::MaybeSafe::NeedsEscaping(_) => panic!("expected a safe value"),
    }
}

#[derive(Template)]
#[template(
    source = "{{ static_tags(entries) }}|{{ static_tags(more) }}|{{ static_tags_with_nonce(entries, nonce) }}|\
              {{ static_tags_with_nonce(more, self.nonce()) }}|{{ self.static_tags([more[0]]) }}",
    ext = "html"
)]
struct Tags<'a> {
    entries: Vec<String>,
    more: &'a [&'a str],
    nonce: String,
}

impl Tags<'_> {
    fn nonce(&self) -> &str {
        &self.nonce
    }
}

#[test]
fn tags_accept_lists_of_strings_of_any_kind() {
    let site = Site::with_files(&["a.js", "a.css"]);
    for assets in site.in_both_modes(|assets| assets) {
        let more = ["a.css", "a.js"];
        let template = Tags { entries: vec!["a.js".to_owned()], more: &more, nonce: "<n>".to_owned() };
        let tags = |entries: &[&str]| assets.tags(entries).unwrap();
        let with_nonce = |entries: &[&str]| assets.tags_with_nonce(entries, "<n>").unwrap();
        assert_eq!(
            page(&assets, &template),
            [tags(&["a.js"]), tags(&more), with_nonce(&["a.js"]), with_nonce(&more), tags(&["a.css"])]
                .join("|")
        );
    }
}
