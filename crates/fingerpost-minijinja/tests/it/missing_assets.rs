//! Assets that do not exist.

use adapter_suite::Site;
use fingerpost::ErrorKind;
use minijinja::{Environment, Error};

use crate::support::{core_error, environment, render_error};

/// Checks that the error has the text of the core and the location.
#[track_caller]
fn assert_not_found(err: &Error, location: &str) {
    let core = core_error(err).expect("the source is an error of the core");
    assert_eq!(core.kind(), ErrorKind::NotFound);
    assert_eq!(err.kind(), minijinja::ErrorKind::InvalidOperation);
    assert_eq!(err.to_string(), format!("invalid operation: {core} (in {location})"));
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
fn unknown_asset_in_an_included_template_is_reported_with_its_location() {
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
