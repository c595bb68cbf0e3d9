//! Missing assets, and errors through the engine.

use adapter_suite::Site;
use askama::Template;
use fingerpost::ErrorKind;
use fingerpost_askama::{StaticHelpers as _, filters, values};

use crate::support::{core_error, release};

#[derive(Template)]
#[template(source = "{{ static(path) }}", ext = "html")]
struct Page<'a> {
    path: &'a str,
}

#[derive(Template)]
#[template(source = "{{ static_url(path) }}", ext = "html")]
struct Absolute<'a, T: std::fmt::Display> {
    path: &'a str,
    _extra: T,
}

#[derive(Template)]
#[template(source = "{{ static_integrity(path) }}", ext = "html")]
struct Integrity<'a> {
    path: &'a str,
}

#[derive(Template)]
#[template(source = "{{ path|static }}", ext = "html")]
struct Filtered<'a> {
    path: &'a str,
}

#[test]
fn unknown_asset_is_an_error_with_the_template_and_a_suggestion() {
    let site = Site::with_files(&["css/app.css"]);
    let assets = site.development().build().unwrap();
    let message = format!(
        "asset `css/ap.css` was not found in `{}` (did you mean `css/app.css`?)",
        site.source().display()
    );
    let path = "css/ap.css";
    let failure = |template: &dyn askama::DynTemplate| {
        let err = template.dyn_render_with_values(&values(&assets)).unwrap_err();
        assert_eq!(core_error(&err).unwrap().kind(), ErrorKind::NotFound);
        // A further source would make reporters print the text twice.
        assert!(std::error::Error::source(core_error(&err).unwrap()).is_none());
        err.to_string()
    };
    let named = |name: &str| format!("{message} (in template `it::errors::{name}`)");
    assert_eq!(failure(&Page { path }), named("Page<'_>"));
    assert_eq!(failure(&Absolute { path, _extra: 7 }), named("Absolute<'_, i32>"));
    assert_eq!(failure(&Integrity { path }), named("Integrity<'_>"));
    assert_eq!(failure(&Filtered { path }), message);
}

#[derive(Template)]
#[template(source = r#"{% filter upper %}<{{ static("a.css") }}>{% endfilter %}"#, ext = "html")]
struct InFilterBlock;

#[derive(Template)]
#[template(source = r#"{% let url %}{{ static("a.css") }}{% endlet %}{{ url }}"#, ext = "html")]
struct InLetBlock;

#[test]
fn message_and_source_of_an_error_in_a_block_are_preserved() {
    let (_site, assets) = release("");
    for template in [&InFilterBlock as &dyn askama::DynTemplate, &InLetBlock] {
        let err = template.dyn_render_with_values(&values(&assets)).unwrap_err();
        assert!(err.to_string().starts_with("asset `a.css` was not found"), "{err}");
        assert_eq!(core_error(&err).unwrap().kind(), ErrorKind::NotFound);
    }
}

#[test]
fn formatting_without_error_details_still_fails() {
    use std::fmt::Write as _;
    let (_site, assets) = release("");
    let page = Page { path: "a.css" };
    assets.snapshot().scope(|| {
        let shown = "an error occurred when formatting an argument";
        assert_eq!(page.write_into(&mut Vec::new()).unwrap_err().to_string(), shown);
        assert!(write!(String::new(), "{page}").is_err());
        let url = page.r#static("a.css");
        assert!(write!(String::new(), "{url}").is_err());
        assert!(write!(String::new(), "{}", page.static_integrity("a.css")).is_err());
    });
}

#[derive(Template)]
#[template(source = r#"{{ broken|static }}"#, ext = "html")]
struct Broken {
    broken: FailingDisplay,
}

struct FailingDisplay;

impl std::fmt::Display for FailingDisplay {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Err(std::fmt::Error)
    }
}

#[test]
fn failing_path_display_is_an_error_and_not_a_panic() {
    let (_site, assets) = release("");
    let err = Broken { broken: FailingDisplay }.render_with_values(&values(&assets)).unwrap_err();
    assert!(matches!(err, askama::Error::Fmt));
}
