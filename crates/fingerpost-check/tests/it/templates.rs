use std::iter;

use crate::site::{Site, places_in};

/// Asserts the missing names of a template: line, column and name.
#[track_caller]
fn assert_missing(template: &str, expected: &[(usize, usize, &str)]) {
    let places = places_in("templates/a.html", template, "[check.rules]\nhard-coded = 'ignore'");
    let places: Vec<_> = places.iter().map(|(line, column, text)| (*line, *column, &**text)).collect();
    assert_eq!(places, expected, "{template}");
}

#[test]
fn missing_names_are_reported_with_the_nearest_name() {
    let site = Site::new();
    site.write("templates/base.html", "<head>\n<link href=\"{{ static('css/ap.css') }}\">\n");
    site.write("templates/mail/hello.txt", "{{ static_url('img/A.png') }} {{ static('xyz') }}");
    assert_eq!(
        site.problems(),
        [
            "`templates/base.html`:2:24: asset `css/ap.css` does not exist (did you mean `css/app.css`?)",
            "`templates/mail/hello.txt`:1:16: asset `img/A.png` does not exist (did you mean `img/a.png`, which differs in \
             case?)",
            "`templates/mail/hello.txt`:1:42: asset `xyz` does not exist",
        ]
    );
}

#[test]
fn functions_and_filters_of_every_engine_are_found() {
    assert_missing("{{ static('x.css') }}", &[(1, 12, "x.css")]);
    assert_missing("{{ static(\"x.css\") }}", &[(1, 12, "x.css")]);
    assert_missing("{{- static( 'x.css' , absolute = true ) -}}", &[(1, 14, "x.css")]);
    assert_missing("{{ static(path='x.css') }}", &[(1, 17, "x.css")]);
    assert_missing("{{ static(absolute=true, path = `x.css`) }}", &[(1, 34, "x.css")]);
    assert_missing("{{ 'x.css'|static }}", &[(1, 5, "x.css")]);
    assert_missing("{{ 'x.css' | static(absolute=true) | upper }}", &[(1, 5, "x.css")]);
    assert_missing("{{ ('x.css') | static }}", &[(1, 6, "x.css")]);
    assert_missing("{{ self.static(\"x.css\") }}", &[(1, 17, "x.css")]);
    assert_missing("{{ fingerpost_askama::static_url(\"x.css\") }}", &[(1, 35, "x.css")]);
    assert_missing("{{ \"x.css\"|fingerpost_askama::filters::static }}", &[(1, 5, "x.css")]);
    assert_missing(
        "{{ static_url('x.css') ~ static_integrity('y.css') }}",
        &[(1, 16, "x.css"), (1, 44, "y.css")],
    );
    assert_missing("{{ tojson({'a': [static('x.css')]}) }}", &[(1, 26, "x.css")]);
    assert_missing("{{ 'a' ~ 'x.css' | static }}", &[(1, 11, "x.css")]);
}

#[test]
fn statements_are_searched_like_expressions() {
    assert_missing("{% set x = static('x.css') %}", &[(1, 20, "x.css")]);
    assert_missing(
        "{% if a %}{{ static('x.css') }}{% else %}{{ static('y.css') }}{% endif %}",
        &[(1, 22, "x.css"), (1, 53, "y.css")],
    );
    assert_missing(
        "{% for a in [static('x.css')] %}{{ static('y.css') }}{% endfor %}",
        &[(1, 22, "x.css"), (1, 44, "y.css")],
    );
    assert_missing("{% macro m() %}\n{{ static('x.css') }}{% endmacro %}", &[(2, 12, "x.css")]);
    assert_missing("{% block b %}{{ static('x.css') }}{% endblock %}", &[(1, 25, "x.css")]);
    assert_missing("{%+ if static('x.css') -%}{%- endif ~%}", &[(1, 16, "x.css")]);
    assert_missing(
        "{% set asset = static %}{{ asset('x.css') }}{{ 'y.css'|asset }}",
        &[(1, 35, "x.css"), (1, 49, "y.css")],
    );
}

#[test]
fn both_values_of_a_condition_are_checked() {
    assert_missing("{{ static('x.css' if dark else 'y.css') }}", &[(1, 12, "x.css"), (1, 33, "y.css")]);
    assert_missing(
        "{{ ('x.css' if a else ('y.css' if b else 'z.css')) | static }}",
        &[(1, 6, "x.css"), (1, 25, "y.css"), (1, 43, "z.css")],
    );
    assert_missing("{{ static('css/app.css' if dark) }}", &[]);
}

#[test]
fn entries_of_tags_are_checked() {
    assert_missing(
        "{{ static_tags('js/x.js', 'css/app.css', 'y.css', nonce='n.js') }}",
        &[(1, 17, "js/x.js"), (1, 43, "y.css")],
    );
    assert_missing(
        "{{ static_tags(entries=['js/x.js', \"js/app.js\"], nonce=csp_nonce) }}",
        &[(1, 26, "js/x.js")],
    );
    assert_missing(
        "{{ static_tags([\"js/x.js\"]) }}{{ static_tags_with_nonce(&[\"y.js\"], \"n.js\") }}",
        &[(1, 18, "js/x.js"), (1, 60, "y.js")],
    );
}

#[test]
fn entries_must_be_scripts_or_style_sheets() {
    let site = Site::new();
    site.write("templates/a.html", "{{ static_tags('img/a.png', 'js/app.js', 'css/app.css') }}");
    assert_eq!(
        site.problems(),
        [
            "`templates/a.html`:1:17: asset `img/a.png` is not an entry: an entry is a script (`.js`, `.mjs`) or a style sheet (`.css`)"
        ]
    );
}

#[test]
fn comments_raw_blocks_and_strings_are_not_searched() {
    for text in [
        "{# {{ static('x.css') }} #}",
        "{#- {{ static('x.css') }} -#}",
        "{# {# #} {{ static('x.css') }} #}",
        "{% raw %}{{ static('x.css') }}{% endraw %}",
        "{%- raw -%}{{ static('x.css') }}{%- endraw -%}",
        "{%~ raw ~%}{{ static('x.css') }}{%~ endraw ~%}",
        "{% verbatim %}{{ static('x.css') }}{% endverbatim %}",
        "{% raw %}{% if %}{{ static('x.css') }}{% end raw %}{% endraw %}",
        "{{ \"static('x.css')\" }}",
        "{{ \"{{ static('x.css') }}\" }}",
        "{{ 'it\\'s static(\"x.css\")' }}",
        "static('x.css') { static('x.css') }",
        "{{ other('x.css') }}{{ 'x.css'|other }}{{ x.static('x.css') }}{{ 'x.css' is static('y') }}",
        "{% macro static(path) %}{% endmacro %}",
        "{{ static }}{{ 'x.css' || static }}",
        "{{ static('css/app.css') }}{{ static('/css/app.css?a=1#b') }}{{ static('img/b c.png') }}{{ static('img/') }}",
    ] {
        assert_missing(text, &[]);
    }
}

#[test]
fn braces_in_maps_and_strings_do_not_end_an_expression() {
    assert_missing("{{ {'a': {'b': 1}} }}{{ static('x.css') }}", &[(1, 33, "x.css")]);
    assert_missing("{{ \"}}\" ~ static('x.css') }}{{ '%}' }}", &[(1, 19, "x.css")]);
    assert_missing("{# a #}{{ static('x.css') }}{# b #}", &[(1, 19, "x.css")]);
    assert_missing("{# {# #}{{ static('x.css') }}{# b #}", &[(1, 20, "x.css")]);
    assert_missing("{% raw %}{{{% endraw %}{{ static('x.css') }}", &[(1, 35, "x.css")]);
    assert_missing("{{ f::<'static>() }}{{ static(\"x.css\") }}", &[(1, 32, "x.css")]);
}

#[test]
fn lines_and_columns_are_counted_as_in_editors() {
    assert_missing("é\r\n\t{{ static('x.css') }}\r\n", &[(2, 13, "x.css")]);
    assert_missing("\u{feff}{{ static('x.css') }}", &[(1, 12, "x.css")]);
    assert_missing("{{ a\n\n| b }}\n  {{ static(\n 'x.css') }}", &[(5, 3, "x.css")]);
}

#[test]
fn invalid_utf_8_is_reported_as_a_note() {
    let site = Site::new();
    site.write("templates/a.html", b"a\n\xe9 {{ static('x.css') }}");
    site.write("templates/logo.bin", b"\x00{{ static('x.css') }}");
    let err = fingerpost_check::check(&site.config()).unwrap_err();
    let location = err.problems().next().unwrap().location().unwrap();
    assert_eq!((err.problems().len(), location.line, location.column), (1, 2, 14));
    let [note] = err.notes() else { panic!("{:?}", err.notes()) };
    let location = note.location().unwrap();
    assert_eq!((location.line, location.column), (2, 1));
    assert_eq!(note.message(), "this byte is not UTF-8; template engines and Rust read only UTF-8");
}

#[test]
fn delimiters_are_configurable() {
    let settings =
        "[check.delimiters]\nblock = ['<%', '%>']\nvariable = ['${', '}']\ncomment = ['<#--', '-->']";
    let text = "{{ static('a.css') }}<% if static('b.css') %>${ static('c.css') }<#-- ${ static('d.css') } -->\n\
                <% raw %>${ static('e.css') }<% endraw %>";
    let places = places_in("templates/a.html", text, settings);
    assert_eq!(places, [(1, 36, "b.css".to_owned()), (1, 57, "c.css".to_owned())]);
    let site = Site::new();
    site.write(
        "fingerpost.toml",
        "sources = ['static']\n[check.delimiters]\nblock = ['', '%>']\nvariables = []",
    );
    site.write("templates/a.html", "");
    let problems = site.problems();
    assert_eq!(
        problems,
        [
            "settings file `fingerpost.toml`: line 3: `block` in `[check.delimiters]`: a delimiter is empty; write a start and an end",
            "settings file `fingerpost.toml`: line 4: unknown key `variables` in `[check.delimiters]`; did you mean `variable`?",
        ]
    );
}

#[test]
fn names_that_no_asset_can_have_are_reported() {
    let site = Site::new();
    site.write(
        "templates/a.html",
        "{{ static('../a.css') }}{{ static('https://x/a.css') }}{{ static('css\\\\app.css') }}",
    );
    assert_eq!(
        site.problems(),
        [
            "`templates/a.html`:1:12: path `../a.css` leaves the asset directory",
            "`templates/a.html`:1:36: path `https://x/a.css` has a scheme (`https`); an asset path is relative to the asset \
             directory",
            "`templates/a.html`:1:67: path `css\\app.css` contains a backslash; write `css/app.css`",
        ]
    );
}

#[test]
fn hostile_templates_are_read_in_linear_time() {
    let patterns = [
        "{{ static(static(((( ",
        "static::",
        "{# {# ",
        "{{ ' \\' \" \\\" ",
        "(x)|static ",
        "{% raw <a href='/static/ ",
        "{% raw %}{% endraw ",
        "{{ static('x' if 'y' else ",
        "<a href=\"/static/ <script> <!-- ",
        "[static(['x', ",
    ];
    // The first two patterns have 1 MB instead of 100 kB. If each call copied the rest of the template, only a large
    // template would be slow enough to fail.
    for (pattern, length) in patterns.into_iter().zip([1_000_000; 2].into_iter().chain(iter::repeat(100_000)))
    {
        let start = std::time::Instant::now();
        for open in ["", "{{ "] {
            places_in(
                "templates/a.html",
                open.to_owned() + &pattern.repeat(length / pattern.len()),
                "check.rules.missing = 'ignore'",
            );
        }
        // With quadratic time, one of the templates would take minutes.
        assert!(start.elapsed().as_secs() < 10, "{pattern}: {:?}", start.elapsed());
    }
}
