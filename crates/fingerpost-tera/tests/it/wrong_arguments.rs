//! Calls with wrong arguments.

use crate::support::Engine;
use adapter_suite::Site;

/// A call and the message of its error.
type Rows<'a> = &'a [(&'a str, &'a str)];

each_major! {
    missing_path_and_unknown_keyword_are_errors_with_advice
    app_version_takes_no_argument
    import_map_takes_only_a_nonce
    tags_require_entries_and_a_nonce_that_is_a_string
    tags_accept_a_string_and_a_nonce_of_none
}

/// Returns the error of `{{ call }}`.
#[track_caller]
fn failure<E: Engine>(call: &str) -> String {
    let source = format!("\n{{{{ {call} }}}}");
    let engine = E::with_templates(
        &Site::with_files(&["a.css"]).production().build().unwrap(),
        &[("page.html", &source)],
    );
    match engine.render_with("page.html", &[]) {
        Ok(page) => panic!("{call} renders {page}, expected an error"),
        Err(err) => err,
    }
}

/// Checks the message for each call, for every helper.
#[track_caller]
fn assert_usage_errors<E: Engine>(rows: Rows<'_>) {
    for helper in ["static", "static_url", "static_integrity"] {
        for (call, message) in rows {
            let call = call.replace("static", helper);
            let message = message.replace("static", helper);
            let err = failure::<E>(&call);
            assert!(err.lines().any(|line| line.trim_start_matches("error: ") == message), "{call}: {err}");
        }
    }
}

fn missing_path_and_unknown_keyword_are_errors_with_advice<E: Engine>() {
    let long = "x".repeat(300);
    let shown = "x".repeat(200);
    assert_usage_errors::<E>(&[
        ("static()", "static() takes an asset path, such as static(path='css/app.css'), but got no argument"),
        (
            "static(file='a.css')",
            "static() takes an asset path, such as static(path='css/app.css'), but got the unknown keyword `file`",
        ),
        (
            "static(path='a.css', absolute=true)",
            "static() takes an asset path, such as static(path='css/app.css'), but got the unknown keyword `absolute`",
        ),
        (
            "static(a=1, path='a.css', c=3, b=2)",
            "static() takes an asset path, such as static(path='css/app.css'), but got the unknown keyword `c`",
        ),
        (
            &format!("static({long}=1)"),
            &format!(
                "static() takes an asset path, such as static(path='css/app.css'), but got the unknown keyword `{shown}…`"
            ),
        ),
        (
            "'a.css' | static(absolute=true)",
            "the filter static takes an asset path, such as 'css/app.css' | static, but got the unknown keyword `absolute`",
        ),
        (
            "3 | static(path='a.css')",
            "the filter static takes an asset path, such as 'css/app.css' | static, but got the unknown keyword `path`",
        ),
    ]);
}

fn tags_require_entries_and_a_nonce_that_is_a_string<E: Engine>() {
    for (call, found) in [
        ("static_tags()", "but got no entry"),
        ("static_tags(nonce='x')", "but got no entry"),
        ("static_tags(entries=[])", "but got no entry"),
        ("static_tags(entries=['a.css', true])", "but got a value of type bool"),
        ("static_tags(entries=['a.css'], path='a.css', b=1)", "but got the unknown keyword `path`"),
        (
            "static_tags(entries=['a.css'], nonce=true)",
            "and the nonce as a string, but got a value of type bool as the nonce",
        ),
    ] {
        let err = failure::<E>(call);
        let usage = "static_tags() takes scripts and style sheets, such as static_tags(entries=['js/app.js', 'css/app.css'])";
        let message = format!("{usage}, {found}");
        assert!(err.lines().any(|line| line.trim_start_matches("error: ") == message), "{call}: {err}");
    }
}

fn tags_accept_a_string_and_a_nonce_of_none<E: Engine>() {
    let site = Site::with_files(&["a.css"]);
    let assets = site.production().build().unwrap();
    let tags = assets.tags(&["a.css"]).unwrap();
    for call in [
        "static_tags(entries='a.css')",
        "static_tags(entries=list)",
        "static_tags(entries=list, nonce=nothing)",
    ] {
        let engine = E::with_templates(&assets, &[("page.html", &format!("{{{{ {call} }}}}"))]);
        assert_eq!(engine.page("page.html"), tags, "{call}");
    }
}

fn app_version_takes_no_argument<E: Engine>() {
    let err = failure::<E>("app_version(of='a.css')");
    assert!(err.contains("app_version() takes no argument"), "{err}");
}

fn import_map_takes_only_a_nonce<E: Engine>() {
    for (call, found) in [
        ("static_importmap(path='a.js')", "the unknown keyword `path`"),
        ("static_importmap(nonce='x', a=1, b=2)", "the unknown keyword `b`"),
        ("static_importmap(nonce=true)", "a value of type bool"),
    ] {
        let usage =
            "static_importmap() takes only a nonce, such as static_importmap(nonce=csp_nonce), but got";
        let err = failure::<E>(call);
        assert!(err.contains(&format!("{usage} {found}")), "{call}: {err}");
    }
    let assets = Site::with_files(&["a.css"]).production().build().unwrap();
    let templates = [("page.html", "{{ static_importmap(nonce=nothing) }}{{ static_importmap() }}")];
    assert_eq!(E::with_templates(&assets, &templates).page("page.html"), "");
}

/// Checks the message for a value that is not a string, in a function and in a filter.
#[track_caller]
fn assert_type_error<E: Engine>(value: &str, found: &str) {
    assert_usage_errors::<E>(&[
        (
            &format!("static(path={value})"),
            &format!("static() takes an asset path, such as static(path='css/app.css'), but got {found}"),
        ),
        (
            &format!("{value} | static"),
            &format!(
                "the filter static takes an asset path, such as 'css/app.css' | static, but got {found}"
            ),
        ),
    ]);
}

#[test]
fn tera_2_error_names_the_actual_type() {
    for (value, found) in [
        ("3", "a value of type i64"),
        ("1.5", "a value of type f64"),
        ("true", "a value of type bool"),
        ("list", "a value of type array"),
        ("map", "a value of type map/struct"),
        ("nothing", "none"),
        ("unknown", "undefined"),
        ("map.nothing", "undefined"),
    ] {
        assert_type_error::<tera::Tera>(value, found);
    }
}

#[test]
fn tera_2_error_shows_the_source_location() {
    assert_eq!(
        failure::<tera::Tera>("3 | static"),
        "error: the filter static takes an asset path, such as 'css/app.css' | static, but got a value of type i64\n \
        --> page.html:2:8\n  \
        |\n\
        2 | {{ 3 | static }}\n  \
        |        ^^^^^^"
    );
}

#[cfg(feature = "v1")]
#[test]
fn tera_1_error_names_the_actual_type() {
    for (value, found) in [
        ("3", "a value of type number"),
        ("1.5", "a value of type number"),
        ("true", "a value of type bool"),
        ("list", "a value of type array"),
        ("map", "a value of type object"),
        ("nothing", "null"),
    ] {
        assert_type_error::<tera1::Tera>(value, found);
    }
}

#[cfg(feature = "v1")]
#[test]
fn tera_1_error_names_the_template() {
    assert_eq!(
        failure::<tera1::Tera>("static()"),
        "Failed to render 'page.html'\n\
        Function call 'static' failed\n\
        static() takes an asset path, such as static(path='css/app.css'), but got no argument"
    );
    assert_eq!(
        failure::<tera1::Tera>("3 | static"),
        "Failed to render 'page.html'\n\
        Filter call 'static' failed\n\
        the filter static takes an asset path, such as 'css/app.css' | static, but got a value of type number"
    );
}
