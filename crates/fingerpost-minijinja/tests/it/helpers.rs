//! Values of the functions and filters.

use adapter_suite::{CONTENT, Site, hash};
use fingerpost::AssetsBuilder;

use crate::support::{environment, render_page};

/// Checks the output of each expression, in development and in production.
#[track_caller]
fn assert_values(set: impl Fn(AssetsBuilder) -> AssetsBuilder, rows: &[(&str, &str, &str)]) {
    let site = Site::with_files(&["css/app.css", "img/card.png"]);
    let [development, production] = site.in_both_modes(set);
    for (expression, in_development, in_production) in rows {
        let source = format!("{{{{ {expression} }}}}");
        assert_eq!(
            render_page(&development, "page.html", &source),
            *in_development,
            "{source} in development"
        );
        assert_eq!(render_page(&production, "page.html", &source), *in_production, "{source} in production");
    }
}

fn integrity() -> String {
    fingerpost::manifest::Digest::from_content(CONTENT.as_bytes()).integrity()
}

#[test]
fn each_helper_works_as_function_with_or_without_keyword_and_as_filter() {
    let (url, hashed) = ("/static/css/app.css?v=7c98040a5416", "/static/css/app.7c98040a5416.css");
    let integrity = integrity();
    assert_values(
        |assets| assets,
        &[
            ("static('css/app.css')", url, hashed),
            ("static(path='css/app.css')", url, hashed),
            ("'css/app.css' | static", url, hashed),
            ("static_url('css/app.css')", url, hashed),
            ("static_url(path='css/app.css')", url, hashed),
            ("'css/app.css' | static_url", url, hashed),
            ("static_integrity('css/app.css')", &integrity, &integrity),
            ("static_integrity(path='css/app.css')", &integrity, &integrity),
            ("'css/app.css' | static_integrity", &integrity, &integrity),
            ("app_version()", "v7", "v7"),
        ],
    );
}

#[test]
fn origin_is_prepended_only_by_static_url() {
    assert_values(
        |assets| assets.origin("https://example.com/"),
        &[
            (
                "static('css/app.css')",
                "/static/css/app.css?v=7c98040a5416",
                "/static/css/app.7c98040a5416.css",
            ),
            (
                "static_url('img/card.png')",
                "https://example.com/static/img/card.png?v=7c98040a5416",
                "https://example.com/static/img/card.7c98040a5416.png",
            ),
            (
                "'img/card.png#a' | static_url",
                "https://example.com/static/img/card.png?v=7c98040a5416#a",
                "https://example.com/static/img/card.7c98040a5416.png#a",
            ),
            ("static_url('img/')", "https://example.com/static/img/", "https://example.com/static/img/"),
        ],
    );
}

#[test]
fn absolute_base_url_needs_no_origin() {
    let (url, hashed) = (
        "https://cdn.test/static/css/app.css?v=7c98040a5416",
        "https://cdn.test/static/css/app.7c98040a5416.css",
    );
    assert_values(
        |assets| assets.base_url("https://cdn.test/static").origin("https://example.com"),
        &[("static('css/app.css')", url, hashed), ("static_url('css/app.css')", url, hashed)],
    );
}

#[test]
fn query_and_fragment_after_a_path_are_preserved() {
    assert_values(
        |assets| assets,
        &[
            (
                "static('/css/app.css')",
                "/static/css/app.css?v=7c98040a5416",
                "/static/css/app.7c98040a5416.css",
            ),
            (
                "static('img/card.png#icon')",
                "/static/img/card.png?v=7c98040a5416#icon",
                "/static/img/card.7c98040a5416.png#icon",
            ),
            ("static('css/app.css?v=3')", "/static/css/app.css?v=3", "/static/css/app.7c98040a5416.css?v=3"),
            ("static('img/')", "/static/img/", "/static/img/"),
            ("static_integrity('css/app.css?x#y')", &integrity(), &integrity()),
        ],
    );
}

#[test]
fn helpers_work_in_every_kind_of_expression() {
    let (url, hashed) = ("/static/css/app.css?v=7c98040a5416", "/static/css/app.7c98040a5416.css");
    let two = format!("{url} /static/img/card.png?v=7c98040a5416");
    let two_hashed = format!("{hashed} /static/img/card.7c98040a5416.png");
    assert_values(
        |assets| assets,
        &[
            ("static('css/' ~ 'app' ~ '.css')", url, hashed),
            ("('css/' ~ 'app.css') | static", url, hashed),
            ("static('css/app.css' | safe)", url, hashed),
            ("static('CSS/APP.CSS' | lower)", url, hashed),
            ("static(*['css/app.css'])", url, hashed),
            ("static(**{'path': 'css/app.css'})", url, hashed),
            ("static('css/app.css') if true else ''", url, hashed),
            ("['css/app.css', 'img/card.png'] | map('static') | join(' ')", &two, &two_hashed),
            ("static('css/app.css') == 'css/app.css' | static", "True", "True"),
            ("static", "static", "static"),
            ("static is mapping", "False", "False"),
        ],
    );
}

#[test]
fn helpers_work_in_every_kind_of_template() {
    let site = Site::with_files(&["a.css", "b.css"]);
    let [_, production] = site.in_both_modes(|assets| assets);
    let mut env = environment(&production);
    for (name, source) in [
        ("base.html", "{% block head %}{{ static('a.css') }}{% endblock %}"),
        (
            "child.html",
            "{% extends 'base.html' %}{% block head %}{{ super() }} {{ 'b.css' | static }}{% endblock %}",
        ),
        ("part.html", "{{ static('a.css') }}"),
        ("include.html", "{% include 'part.html' %}"),
        ("lib.html", "{% macro link(path) %}<link href=\"{{ static(path) }}\">{% endmacro %}"),
        ("import.html", "{% from 'lib.html' import link %}{{ link('a.css') }}"),
        ("macro.html", "{% macro link(path) %}{{ path | static }}{% endmacro %}{{ link(path='a.css') }}"),
        (
            "call.html",
            "{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}{{ static('a.css') }}{% endcall %}",
        ),
        ("loop.html", "{% for path in ['a.css', 'b.css'] %}{{ static(path) }} {% endfor %}"),
        ("set.html", "{% set url = static('a.css') %}{{ url }}"),
        ("capture.html", "{% set url %}{{ static('a.css') }}{% endset %}{{ url }}"),
        ("filter.html", "{% filter static %}a.css{% endfilter %}"),
        ("with.html", "{% with url = static('a.css') %}{{ url }}{% endwith %}"),
        ("line.html", "{{\n  static(\n    'a.css'\n  )\n}}"),
    ] {
        env.add_template(name, source).unwrap();
    }
    let (a, b) = ("/static/a.7c98040a5416.css", "/static/b.7c98040a5416.css");
    for (name, expected) in [
        ("base.html", a.to_owned()),
        ("child.html", format!("{a} {b}")),
        ("include.html", a.to_owned()),
        ("import.html", format!("<link href=\"{a}\">")),
        ("macro.html", a.to_owned()),
        ("call.html", format!("[{a}]")),
        ("loop.html", format!("{a} {b} ")),
        ("set.html", a.to_owned()),
        ("capture.html", a.to_owned()),
        ("filter.html", a.to_owned()),
        ("with.html", a.to_owned()),
        ("line.html", a.to_owned()),
    ] {
        assert_eq!(env.get_template(name).unwrap().render(()).unwrap(), expected, "{name}");
    }
    let url = env.compile_expression("static('a.css')").unwrap().eval(()).unwrap();
    assert_eq!(url.as_str(), Some(a));
    let mut rendered = env.get_template("child.html").unwrap().render_captured(()).unwrap();
    let block = rendered.with_state_mut(|state| state.render_block("head")).unwrap();
    assert_eq!(block, format!("{a} {b}"));
}

#[test]
fn changed_file_has_a_new_url_in_the_next_page() {
    let site = Site::with_files(&["a.css"]);
    let [development, _] = site.in_both_modes(|assets| assets);
    let mut env = environment(&development);
    env.add_template("page.html", "{{ static('a.css') }} {{ static_integrity('a.css') }}").unwrap();
    let template = env.get_template("page.html").unwrap();
    for content in [CONTENT, "p{color:red}", CONTENT] {
        site.publish(&["a.css"], content);
        let integrity = fingerpost::manifest::Digest::from_content(content.as_bytes()).integrity();
        assert_eq!(template.render(()).unwrap(), format!("/static/a.css?v={} {integrity}", hash(content)));
    }
}
