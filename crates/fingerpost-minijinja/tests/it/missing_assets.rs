//! Assets that are not there.

use fingerpost::{Assets, ErrorKind, OnMissing};
use minijinja::{Environment, Error, context};

use crate::support::{Site, core_error, environment, render_error, render_page};

/// The core's text, under the engine's heading.
#[track_caller]
fn assert_not_found(err: &Error, place: &str) {
    let core = core_error(err).expect("the core's error is behind the engine's");
    assert_eq!(core.kind(), ErrorKind::NotFound);
    assert_eq!(err.kind(), minijinja::ErrorKind::InvalidOperation);
    assert_eq!(err.to_string(), format!("invalid operation: {core} (in {place})"));
}

fn environments(site: &Site) -> [Environment<'static>; 2] {
    site.in_both_modes(|assets| assets).map(|assets| environment(&assets))
}

#[test]
fn unknown_asset_is_an_error_with_location_and_suggestions() {
    for env in environments(&Site::with_files(&["css/app.css"])) {
        for helper in ["static", "static_url", "static_integrity"] {
            for source in [
                format!("<html>\n<link href=\"{{{{ {helper}('css/ap.css') }}}}\">"),
                format!("\n{{{{ {helper}(path='css/ap.css') }}}}"),
                format!("{{# #}}\n{{{{ 'css/ap.css' | {helper} }}}}\n\n"),
            ] {
                let err = render_error(&env, "page.html", &source, ().into());
                assert_not_found(&err, "page.html:2");
                assert_eq!((err.name(), err.line()), (Some("page.html"), Some(2)));
                let text = err.to_string();
                assert!(
                    text.starts_with("invalid operation: asset `css/ap.css` was not found in `"),
                    "{text}"
                );
                assert!(text.ends_with("(did you mean `css/app.css`?) (in page.html:2)"), "{text}");
            }
        }
    }
}

#[test]
fn unknown_asset_in_an_included_template_is_reported_there() {
    for mut env in environments(&Site::with_files(&["css/app.css"])) {
        env.add_template("part.html", "\n\n{{ static('css/ap.css') }}").unwrap();
        env.add_template("lib.html", "{% macro link(path) %}\n{{ path | static }}{% endmacro %}").unwrap();
        env.add_template("base.html", "{% block head %}{% endblock %}").unwrap();

        let err = render_error(&env, "page.html", "\n{% include 'part.html' %}", ().into());
        assert_eq!(
            (err.kind(), err.name(), err.line()),
            (minijinja::ErrorKind::BadInclude, Some("page.html"), Some(2))
        );
        let inner = std::error::Error::source(&err).unwrap().downcast_ref::<Error>().unwrap();
        assert_not_found(inner, "part.html:3");
        assert_eq!(core_error(&err).unwrap().kind(), ErrorKind::NotFound);

        let err = render_error(
            &env,
            "page.html",
            "{% from 'lib.html' import link %}{{ link('css/ap.css') }}",
            ().into(),
        );
        assert_not_found(&err, "lib.html:2");

        let source = "{% extends 'base.html' %}\n{% block head %}{{ static('css/ap.css') }}{% endblock %}";
        assert_not_found(&render_error(&env, "page.html", source, ().into()), "page.html:2");
    }
}

#[test]
fn invalid_asset_path_is_an_error_with_the_reason() {
    for env in environments(&Site::with_files(&["css/app.css"])) {
        for (path, text) in [
            ("../secret", "path `../secret` leaves the asset directory"),
            ("", "path `` is empty"),
            ("css\\app.css", "path `css\\app.css` holds a backslash; write `css/app.css`"),
            ("./css/app.css", "path `./css/app.css` has a `.` segment; write `css/app.css`"),
        ] {
            for source in
                ["{{ static(path) }}", "{{ path | static_url }}", "{{ static_integrity(path=path) }}"]
            {
                let err = render_error(&env, "page.html", source, context! { path });
                assert_eq!(err.detail(), Some(text), "{source}");
                assert_eq!(core_error(&err).unwrap().kind(), ErrorKind::InvalidPath);
            }
        }
        let err = render_error(&env, "page.html", "{{ static('/static/css/app.css') }}", ().into());
        let advice = "the base URL `/static/` is put in front by itself; write `css/app.css`";
        assert!(err.detail().unwrap().ends_with(advice), "{err}");
    }
}

#[test]
fn unknown_asset_with_plain_policy_has_a_url_and_no_integrity() {
    let site = Site::with_files(&["a.css"]);
    let both: [Assets; 2] =
        site.in_both_modes(|assets| assets.on_missing(OnMissing::Plain).origin("https://example.com"));
    for assets in both {
        assert_eq!(render_page(&assets, "page.html", "{{ static('b.css') }}"), "/static/b.css");
        assert_eq!(
            render_page(&assets, "page.html", "{{ 'b.css?x=1&y=2' | static }}"),
            "&#x2f;static&#x2f;b.css?x=1&amp;y=2"
        );
        assert_eq!(
            render_page(&assets, "page.js", "{{ static_url('b.css') }}"),
            "\"https://example.com/static/b.css\""
        );
        let err =
            render_error(&environment(&assets), "page.html", "{{ static_integrity('b.css') }}", ().into());
        assert_not_found(&err, "page.html:1");
    }
}
