//! Values of the functions and filters.

use adapter_suite::{CONTENT, Site, hash};
use fingerpost::{AssetsBuilder, manifest::Digest};

use crate::support::Engine;

const URL: &str = "/static/css/app.css?v=7c98040a5416";
const HASHED: &str = "/static/css/app.7c98040a5416.css";

each_major! {
    each_helper_is_a_function_and_a_filter
    origin_is_prepended_only_by_static_url
    absolute_base_url_needs_no_origin
    query_and_fragment_after_a_path_are_preserved
    changed_file_has_a_new_url_in_the_next_page
}

/// Checks the output of each expression, in development and in production, in HTML and in text.
#[track_caller]
fn assert_values<E: Engine>(set: impl Fn(AssetsBuilder) -> AssetsBuilder, rows: &[(&str, &str, &str)]) {
    let site = Site::with_files(&["css/app.css", "img/card.png"]);
    let [development, production] = site.in_both_modes(set);
    for (expression, in_development, in_production) in rows {
        let source = format!("<a>{{{{ {expression} }}}}</a>");
        for (assets, expected) in [(&development, in_development), (&production, in_production)] {
            let engine = E::with_templates(assets, &[("page.html", &source), ("page.txt", &source)]);
            for name in ["page.html", "page.txt"] {
                assert_eq!(engine.page(name), format!("<a>{expected}</a>"), "{source} in {name}");
            }
        }
    }
}

fn each_helper_is_a_function_and_a_filter<E: Engine>() {
    let integrity = Digest::from_content(CONTENT.as_bytes()).integrity();
    assert_values::<E>(
        |assets| assets,
        &[
            ("static(path='css/app.css')", URL, HASHED),
            ("'css/app.css' | static", URL, HASHED),
            ("'css/app.css' | static()", URL, HASHED),
            ("static_url(path='css/app.css')", URL, HASHED),
            ("'css/app.css' | static_url", URL, HASHED),
            ("static_integrity(path='css/app.css')", &integrity, &integrity),
            ("'css/app.css' | static_integrity", &integrity, &integrity),
            ("app_version()", "v7", "v7"),
        ],
    );
}

fn origin_is_prepended_only_by_static_url<E: Engine>() {
    let url = "https://example.com/static/img/card.png?v=7c98040a5416";
    let hashed = "https://example.com/static/img/card.7c98040a5416.png";
    assert_values::<E>(
        |assets| assets.origin("https://example.com/"),
        &[
            ("static(path='css/app.css')", URL, HASHED),
            ("static_url(path='img/card.png')", url, hashed),
            ("'img/card.png#a' | static_url", &format!("{url}#a"), &format!("{hashed}#a")),
            ("'img/' | static_url", "https://example.com/static/img/", "https://example.com/static/img/"),
        ],
    );
}

fn absolute_base_url_needs_no_origin<E: Engine>() {
    let url = "https://cdn.test/static/css/app.css?v=7c98040a5416";
    let hashed = "https://cdn.test/static/css/app.7c98040a5416.css";
    assert_values::<E>(
        |assets| assets.base_url("https://cdn.test/static").origin("https://example.com"),
        &[("'css/app.css' | static", url, hashed), ("static_url(path='css/app.css')", url, hashed)],
    );
}

fn query_and_fragment_after_a_path_are_preserved<E: Engine>() {
    let integrity = Digest::from_content(CONTENT.as_bytes()).integrity();
    assert_values::<E>(
        |assets| assets,
        &[
            ("static(path='/css/app.css')", URL, HASHED),
            (
                "'img/card.png#icon' | static",
                "/static/img/card.png?v=7c98040a5416#icon",
                "/static/img/card.7c98040a5416.png#icon",
            ),
            (
                "static(path='css/app.css?v=3')",
                "/static/css/app.css?v=3",
                "/static/css/app.7c98040a5416.css?v=3",
            ),
            ("'img/' | static", "/static/img/", "/static/img/"),
            ("'css/app.css?x#y' | static_integrity", &integrity, &integrity),
        ],
    );
}

fn changed_file_has_a_new_url_in_the_next_page<E: Engine>() {
    let site = Site::with_files(&["a.css"]);
    let source = "{{ static(path='a.css') }} {{ 'a.css' | static }} {{ 'a.css' | static_integrity }}";
    let engine = E::with_templates(&site.development().build().unwrap(), &[("page.html", source)]);
    for content in [CONTENT, "p{color:red}", CONTENT] {
        site.publish(&["a.css"], content);
        let url = format!("/static/a.css?v={}", hash(content));
        let integrity = Digest::from_content(content.as_bytes()).integrity();
        assert_eq!(engine.page("page.html"), format!("{url} {url} {integrity}"));
    }
}

/// Checks the output of each template. Templates may extend and include each other.
#[track_caller]
fn assert_templates_render<E: Engine>(rows: &[(&str, &str, &str)]) {
    let site = Site::with_files(&["a.css", "b.css"]);
    let templates: Vec<_> = rows.iter().map(|(name, source, _)| (*name, *source)).collect();
    let engine = E::with_templates(&site.production().build().unwrap(), &templates);
    for (name, _, expected) in rows {
        let expected =
            expected.replace("A", "/static/a.7c98040a5416.css").replace("B", "/static/b.7c98040a5416.css");
        assert_eq!(engine.page(name), expected, "{name}");
    }
}

#[test]
fn helpers_work_in_every_kind_of_tera_2_template() {
    assert_templates_render::<tera::Tera>(&[
        ("base.html", "{% block head %}{{ static(path='a.css') }}{% endblock %}", "A"),
        (
            "child.html",
            "{% extends 'base.html' %}{% block head %}{{ super() }} {{ 'b.css' | static }}{% endblock %}",
            "A B",
        ),
        ("part.html", "{{ static(path='a.css') }}", "A"),
        ("include.html", "{% include 'part.html' %}", "A"),
        (
            "components.html",
            "{% component Link(path: String) %}<link href=\"{{ path | static }}\">{% endcomponent Link %}\
            {% component Box() %}[{{ static(path='b.css') }} {{ body }}]{% endcomponent Box %}",
            "",
        ),
        ("component.html", "{{ <Link path=\"a.css\" /> }}", "<link href=\"A\">"),
        ("argument.html", "{{ <Link path={'a' ~ '.css'} /> }}", "<link href=\"A\">"),
        ("body.html", "{% <Box> %}{{ 'a.css' | static }}{% </Box> %}", "[B A]"),
        ("loop.html", "{% for path in list %}{{ path | static }} {{ static(path=path) }}{% endfor %}", "A A"),
        ("set.html", "{% set url = static(path='a.css') %}{{ url }}", "A"),
        ("capture.html", "{% set url %}{{ 'a.css' | static }}{% endset %}{{ url }}", "A"),
        ("section.html", "{% filter static %}a.css{% endfilter %}", "A"),
        ("condition.html", "{% if static(path='a.css') == 'a.css' | static %}same{% endif %}", "same"),
        (
            "array.html",
            "{% for url in ['a.css' | static, static(path='b.css')] %}{{ url }} {% endfor %}",
            "A B ",
        ),
        ("lines.html", "{{\n  static(\n    path='a.css',\n  )\n}}", "A"),
    ]);
}

#[cfg(feature = "v1")]
#[test]
fn helpers_work_in_every_kind_of_tera_1_template() {
    assert_templates_render::<tera1::Tera>(&[
        ("base.html", "{% block head %}{{ static(path='a.css') }}{% endblock %}", "A"),
        (
            "child.html",
            "{% extends 'base.html' %}{% block head %}{{ super() }} {{ 'b.css' | static }}{% endblock %}",
            "A B",
        ),
        ("part.html", "{{ static(path='a.css') }}", "A"),
        ("include.html", "{% include 'part.html' %}", "A"),
        ("lib.html", "{% macro link(path) %}<link href=\"{{ path | static }}\">{% endmacro %}", ""),
        ("macro.html", "{% import 'lib.html' as lib %}{{ lib::link(path='a.css') }}", "<link href=\"A\">"),
        ("loop.html", "{% for path in list %}{{ path | static }} {{ static(path=path) }}{% endfor %}", "A A"),
        ("section.html", "{% filter static %}a.css{% endfilter %}", "A"),
        ("lines.html", "{{\n  static(\n    path='a.css',\n  )\n}}", "A"),
    ]);
}
