//! Escaping of URLs in pages.

use adapter_suite::Site;
use minijinja::{AutoEscape, Environment, Value, escape_formatter};

use crate::support::{decode_attribute, environment, render_page};

/// Checks pages of this name in both modes.
///
/// In the expected text, `URL` means the URL of `css/app.css`, and `SLASHES` means the URL escaped as an ordinary string.
/// `CONCATENATED` means the result of a concatenation, which is `URL` or `SLASHES`.
#[track_caller]
fn assert_rendered(name: &str, rows: &[(&str, &str)]) {
    let site = Site::with_files(&["css/app.css"]);
    for assets in site.in_both_modes(|assets| assets) {
        let mut env = environment(&assets);
        env.add_template("url.js", "var a = {{ url }}, b = {{ static('css/app.css') }};").unwrap();
        env.add_template("lib.html", "{% macro link(path) %}href={{ static(path) }}{% endmacro %}").unwrap();
        env.add_template("lib.js", "{% macro link(path) %}href={{ static(path) }}{% endmacro %}").unwrap();
        let url = assets.url("css/app.css").unwrap();
        let slashes = url.replace('/', "&#x2f;");
        for (source, expected) in rows {
            let concatenated = if crate::IS_CONCATENATION_SAFE { "URL" } else { "SLASHES" };
            let expected = expected.replace("CONCATENATED", concatenated);
            let expected = expected.replace("URL", &url).replace("SLASHES", &slashes);
            let page = env.render_named_str(name, source, ()).unwrap_or_else(|err| panic!("{source}: {err}"));
            assert_eq!(page, expected, "{source} in {name} in {:?}", assets.mode());
        }
    }
}

#[test]
fn url_in_html_is_unchanged() {
    for name in ["page.html", "page.htm", "page.xml", "page.html.j2"] {
        assert_rendered(
            name,
            &[
                ("{{ static('css/app.css') }}", "URL"),
                ("{{ 'css/app.css' | static }}", "URL"),
                ("{{ static('css/app.css') | safe }}", "URL"),
                ("{{ static('css/app.css') | e }}", "URL"),
                ("{{ static('css/app.css#a') }}", "URL#a"),
                ("{% set url = static('css/app.css') %}{{ url }}", "URL"),
                ("{% set url %}{{ static('css/app.css') }}{% endset %}{{ url }}", "URL"),
                ("{% macro link() %}{{ static('css/app.css') }}{% endmacro %}{{ link() }}", "URL"),
                ("{% from 'lib.html' import link %}{{ link('css/app.css') }}", "href=URL"),
                ("{% autoescape false %}{{ static('css/app.css') }}{% endautoescape %}", "URL"),
            ],
        );
    }
}

#[test]
fn concatenated_url_is_escaped_at_most_once() {
    assert_rendered(
        "page.html",
        &[
            ("{{ static('css/app.css') ~ '#a' }}", "CONCATENATED#a"),
            ("{{ static('css/app.css') + '#a' }}", "CONCATENATED#a"),
            ("{{ static('css/app.css') ~ '\"><script>' }}", "CONCATENATED&quot;&gt;&lt;script&gt;"),
            ("{{ '%s' | format(static('css/app.css')) }}", "SLASHES"),
            ("{{ [static('css/app.css')] | join }}", "URL"),
            ("{{ [static('css/app.css'), '<'] | join(' ') }}", "URL &lt;"),
            ("{{ [static('css/app.css')] | first }}", "URL"),
            ("{{ static('css/app.css') | default('none') }}", "URL"),
            ("{{ static('css/app.css') | trim }}", "URL"),
        ],
    );
}

#[test]
fn url_changed_by_filters_stays_safe() {
    let site = Site::with_files(&["css/app.css", "a[b]'&.css"]);
    let [development, production] = site.in_both_modes(|assets| assets);
    for (source, in_development, in_production) in [
        (
            "static('css/app.css') | upper",
            "/STATIC/CSS/APP.CSS?V=7C98040A5416",
            "/STATIC/CSS/APP.7C98040A5416.CSS",
        ),
        (
            "static('css/app.css') | urlencode",
            "&#x2f;static&#x2f;css&#x2f;app.css%3Fv%3D7c98040a5416",
            "&#x2f;static&#x2f;css&#x2f;app.7c98040a5416.css",
        ),
        (
            "static('a[b]\\'&.css') | lower",
            "/static/a%5bb%5d%27%26.css?v=7c98040a5416",
            "/static/a%5bb%5d%27%26.7c98040a5416.css",
        ),
        ("static('css/app.css') | length", "34", "32"),
    ] {
        let source = format!("{{{{ {source} }}}}");
        assert_eq!(
            render_page(&development, "page.html", &source),
            in_development,
            "{source} in development"
        );
        assert_eq!(render_page(&production, "page.html", &source), in_production, "{source} in production");
    }
}

#[test]
fn url_in_text_templates_is_unchanged() {
    for name in ["mail.txt", "feed", "page.css"] {
        assert_rendered(
            name,
            &[
                ("{{ static('css/app.css') }}", "URL"),
                ("{{ 'css/app.css' | static }}", "URL"),
                ("{{ static('css/app.css') ~ '#<a>' }}", "URL#<a>"),
                ("{{ static('css/app.css') | e }}", "SLASHES"),
                ("{% autoescape 'html' %}{{ static('css/app.css') }}{% endautoescape %}", "URL"),
                (
                    "{% set url = static('css/app.css') %}{% include 'url.js' %}",
                    "var a = \"URL\", b = \"URL\";",
                ),
            ],
        );
    }
}

#[test]
fn url_in_json_and_scripts_is_a_quoted_string() {
    for name in ["page.js", "page.json", "page.yaml", "page.yml", "page.json5"] {
        assert_rendered(
            name,
            &[
                ("{{ static('css/app.css') }}", "\"URL\""),
                ("{{ 'css/app.css' | static }}", "\"URL\""),
                ("{{ static_url('css/app.css') }}", "\"URL\""),
                ("{{ app_version() }}", "\"v7\""),
                ("{{ static('css/app.css') | tojson }}", "\"URL\""),
                ("{{ static('css/app.css') ~ '#a' }}", "\"URL#a\""),
                ("{{ [static('css/app.css')] }}", "[\"URL\"]"),
                ("{% set url = static('css/app.css') %}{{ url }}", "\"URL\""),
                ("{% for path in ['css/app.css'] %}{{ static(path) }},{% endfor %}", "\"URL\","),
                ("{% from 'lib.js' import link %}{{ link('css/app.css') }}", "href=\"URL\""),
                ("{% autoescape 'html' %}{{ static('css/app.css') }}{% endautoescape %}", "URL"),
            ],
        );
    }
    let integrity = format!("\"{}\"", fingerpost::manifest::Digest::from_content(b"body{}").integrity());
    let site = Site::with_files(&["a.js"]);
    let [development, _] = site.in_both_modes(|assets| assets);
    assert_eq!(render_page(&development, "page.json", "{{ static_integrity('a.js') }}"), integrity);
}

#[test]
fn url_in_an_html_script_with_json_escaping_is_a_quoted_string() {
    assert_rendered(
        "page.html",
        &[
            ("{% autoescape 'json' %}{{ static('css/app.css') }}{% endautoescape %}", "\"URL\""),
            ("{% autoescape 'json' %}{{ 'css/app.css' | static }}{% endautoescape %}", "\"URL\""),
            ("{{ static('css/app.css') | tojson }}", "\"URL\""),
            ("{{ [static('css/app.css')] | tojson }}", "[\"URL\"]"),
            // MiniJinja prints every safe string without quotes in a script.
            ("{% set url = static('css/app.css') %}{% include 'url.js' %}", "var a = URL, b = \"URL\";"),
        ],
    );
}

#[test]
fn ampersand_in_a_query_is_escaped_exactly_once() {
    let site = Site::with_files(&["a.css"]);
    let [development, production] = site.in_both_modes(|assets| assets.origin("https://example.com"));
    for helper in ["static", "static_url"] {
        for (written, in_development, in_production) in [
            (
                "a.css?x=1&y=2#f",
                "/static/a.css?x=1&y=2&v=7c98040a5416#f",
                "/static/a.7c98040a5416.css?x=1&y=2#f",
            ),
            ("a.css?x=1", "/static/a.css?x=1&v=7c98040a5416", "/static/a.7c98040a5416.css?x=1"),
            (
                "a.css?x=<1>&amp;y",
                "/static/a.css?x=%3C1%3E&amp;y&v=7c98040a5416",
                "/static/a.7c98040a5416.css?x=%3C1%3E&amp;y",
            ),
            ("a.css#&", "/static/a.css?v=7c98040a5416#&", "/static/a.7c98040a5416.css#&"),
        ] {
            for (assets, url) in [(&development, in_development), (&production, in_production)] {
                let url =
                    if helper == "static" { url.to_owned() } else { format!("https://example.com{url}") };
                for source in [
                    format!("{{{{ {helper}('{written}') }}}}"),
                    format!("{{{{ '{written}' | {helper} }}}}"),
                    format!("{{% set url = {helper}('{written}') %}}{{{{ url }}}}"),
                    format!("{{{{ {helper}('{written}') ~ '' }}}}"),
                    format!(
                        "{{% macro url() %}}{{{{ {helper}('{written}') }}}}{{% endmacro %}}{{{{ url() }}}}"
                    ),
                ] {
                    let attribute = render_page(assets, "page.html", &source);
                    assert_eq!(decode_attribute(&attribute), url, "{source}");
                    assert_eq!(render_page(assets, "page.txt", &source), url, "{source}");
                    let escaped = attribute.replace("&#x2f;", "/");
                    assert_eq!(escaped, url.replace('&', "&amp;"), "{source}");
                }
                let quoted = format!("\"{url}\"");
                assert_eq!(
                    render_page(assets, "page.js", &format!("{{{{ {helper}('{written}') }}}}")),
                    quoted
                );
            }
        }
    }
}

#[test]
fn custom_escape_format_receives_an_unsafe_string() {
    let site = Site::with_files(&["css/app.css"]);
    let [_, production] = site.in_both_modes(|assets| assets);
    let mut env = environment(&production);
    env.set_auto_escape_callback(|_| AutoEscape::Custom("brackets".into()));
    env.set_formatter(|out, state, value: &Value| match state.auto_escape() {
        AutoEscape::Custom(_) if !value.is_safe() => Ok(write!(out, "[{value}]")?),
        _ => escape_formatter(out, state, value),
    });
    let render = |env: &Environment<'_>, source: &str| env.render_named_str("page.tex", source, ()).unwrap();
    assert_eq!(render(&env, "{{ static('css/app.css') }}"), "[/static/css/app.7c98040a5416.css]");
    assert_eq!(render(&env, "{{ 'css/app.css' | static }}"), "[/static/css/app.7c98040a5416.css]");
}
