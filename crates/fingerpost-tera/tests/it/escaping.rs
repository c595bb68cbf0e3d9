//! Escaping of URLs, in HTML and in other templates.

use adapter_suite::{CONTENT, Site};
use fingerpost::manifest::Digest;

use crate::support::Engine;

each_major! {
    url_in_html_is_unchanged_except_that_ampersands_are_escaped_once
    nothing_is_escaped_in_other_templates
    url_in_json_is_not_quoted
}

/// Checks the output of each expression in a template of this name. The variable `user` contains markup.
#[track_caller]
fn assert_rendered<E: Engine>(name: &str, rows: &[(&str, &str)]) {
    let site = Site::with_files(&["a.css", "b.svg"]);
    for (source, expected) in rows {
        let engine = E::with_templates(&site.production().build().unwrap(), &[(name, source)]);
        let page = engine.render_with(name, &[("user", "<b>&'\""), ("file", "a")]);
        let expected = expected
            .replace("A", "/static/a.7c98040a5416.css")
            .replace("B", "/static/b.7c98040a5416.svg")
            .replace("INTEGRITY", &Digest::from_content(CONTENT.as_bytes()).integrity());
        assert_eq!(page.as_deref(), Ok(&*expected), "{source} in {name}");
    }
}

fn url_in_html_is_unchanged_except_that_ampersands_are_escaped_once<E: Engine>() {
    for name in ["page.html", "page.htm", "page.xml"] {
        assert_rendered::<E>(
            name,
            &[
                ("<a href=\"{{ static(path='a.css') }}\">", "<a href=\"A\">"),
                ("<a href=\"{{ 'a.css' | static }}\">", "<a href=\"A\">"),
                ("{{ 'a.css?x=1#\"&f' | static }}", "A?x=1#%22&amp;f"),
                ("{{ static(path='a.css?x=1&y=2') }}", "A?x=1&amp;y=2"),
                ("{{ 'a.css?x=1&y=2' | static }}", "A?x=1&amp;y=2"),
                ("{{ 'a.css?x&lt;=&amp;' | static_url }}", "A?x&amp;lt;=&amp;amp;"),
                (
                    "{{ static(path='a.css?x=1&y=2') | safe }}",
                    if E::HELPERS_ESCAPE { "A?x=1&amp;y=2" } else { "A?x=1&y=2" },
                ),
                ("{{ static_integrity(path='a.css') }}", "INTEGRITY"),
                ("{{ 'a.css' | static_integrity }}", "INTEGRITY"),
                ("{{ static(path='b.svg') }}#{{ user | safe }}", "B#<b>&'\""),
            ],
        );
    }
}

fn nothing_is_escaped_in_other_templates<E: Engine>() {
    let ampersand = if E::HELPERS_ESCAPE { "&amp;" } else { "&" };
    for name in ["page.txt", "page.js", "page", "page.html.txt"] {
        assert_rendered::<E>(
            name,
            &[
                ("{{ static(path='a.css') }} {{ 'a.css' | static }}", "A A"),
                ("{{ static(path='a.css?x=1&y=2') }}", &format!("A?x=1{ampersand}y=2")),
                ("{{ 'a.css?x=1&y=2' | static }}", &format!("A?x=1{ampersand}y=2")),
                ("{{ static_integrity(path='a.css') }}", "INTEGRITY"),
                ("{{ static(path='a.css') ~ '#a' }}", "A#a"),
                ("{% set url = 'a.css' | static %}{{ url }}", "A"),
            ],
        );
    }
}

fn url_in_json_is_not_quoted<E: Engine>() {
    assert_rendered::<E>(
        "manifest.json",
        &[(
            "{\"src\": \"{{ static(path='b.svg') }}\", \"url\": \"{{ 'b.svg' | static }}\"}",
            "{\"src\": \"B\", \"url\": \"B\"}",
        )],
    );
}

#[test]
fn tera_2_does_not_escape_a_url_in_a_variable_again() {
    assert_rendered::<tera::Tera>(
        "page.html",
        &[
            ("{% set url = static(path='a.css') %}{{ url }}", "A"),
            ("{% set url = 'a.css' | static %}{{ url }}", "A"),
            ("{% set url = 'a.css?x=1&y=2' | static %}{{ url }}", "A?x=1&amp;y=2"),
            ("{% set url %}{{ 'a.css?x=1&y=2' | static }}{% endset %}{{ url }}", "A?x=1&amp;y=2"),
            ("{{ 'a.css?x=1&y=2' | static | escape }}", "A?x=1&amp;y=2"),
        ],
    );
}

#[test]
fn tera_2_escapes_a_concatenation_once_as_a_whole() {
    assert_rendered::<tera::Tera>(
        "page.html",
        &[
            ("{{ static(path='a.css') ~ '#a' }}", "A#a"),
            ("{{ 'a.css' | static ~ '#a' }}", "A#a"),
            ("{{ 'a.css?x=1&y=2' | static ~ '#a' }}", "A?x=1&amp;y=2#a"),
            ("{{ static(path='b.svg') ~ '#' ~ user }}", "B#&lt;b&gt;&amp;&#39;&quot;"),
            ("{{ static(path='b.svg') }}#{{ user }}", "B#&lt;b&gt;&amp;&#39;&quot;"),
            ("{{ static(path=file ~ '.css') }}", "A"),
            ("{{ (file ~ '.css') | static }}", "A"),
            ("{{ file ~ '.css/' | static }}", "a/static/.css/"),
        ],
    );
}

#[test]
fn tera_2_passes_only_unsafe_strings_to_a_custom_escape_function() {
    let site = Site::with_files(&["a.css"]);
    let assets = site.production().app_version("1~2").build().unwrap();
    let source = "{{ 'a.css' | static }} {{ 'a.css?x&y' | static }} {{ app_version() }}";
    let mut tera = tera::Tera::with_templates(&assets, &[("page.html", source)]);
    tera.set_escape_fn(|text, out| out.write_all(text.replace('~', "\\~").replace('&', "\\&").as_bytes()));
    let url = "/static/a.7c98040a5416.css";
    assert_eq!(tera.page("page.html"), format!("{url} {url}?x\\&y 1\\~2"));
}

#[cfg(feature = "v1")]
#[test]
fn tera_1_escapes_a_url_in_a_variable_again() {
    let slashed = "&#x2F;static&#x2F;a.7c98040a5416.css";
    assert_rendered::<tera1::Tera>(
        "page.html",
        &[
            ("{% set url = static(path='a.css') %}{{ url }}", slashed),
            ("{% set url = 'a.css' | static %}{{ url }}", slashed),
            ("{% set url = 'a.css' | static %}{{ url | safe }}", "A"),
            ("{% set url = 'a.css?x=1&y=2' | static %}{{ url }}", &format!("{slashed}?x=1&amp;amp;y=2")),
            ("{% set url = 'a.css?x=1&y=2' | static %}{{ url | safe }}", "A?x=1&amp;y=2"),
            ("{{ 'a.css' | static | lower }}", slashed),
        ],
    );
}

/// If a later version of Tera 1 escapes concatenations, remove the advice in the module `v1`.
#[cfg(feature = "v1")]
#[test]
fn tera_1_does_not_escape_concatenations() {
    assert_rendered::<tera1::Tera>(
        "page.html",
        &[
            ("{{ static(path='a.css') ~ '#a' }}", "A#a"),
            ("{{ static(path='b.svg') ~ '#' ~ user }}", "B#<b>&'\""),
            ("{{ '/static/b.svg#' ~ user }}", "/static/b.svg#<b>&'\""),
            ("{{ static(path='b.svg') }}#{{ user }}", "B#&lt;b&gt;&amp;&#x27;&quot;"),
            ("{{ app_version() ~ user }}", "v7&lt;b&gt;&amp;&#x27;&quot;"),
            ("{{ static(path=file ~ '.css') }}", "A"),
            ("{{ file ~ '.css' | static }}", "A"),
        ],
    );
}
