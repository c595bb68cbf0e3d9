//! Helpers in every kind of template.

use std::fmt::Display;

use adapter_suite::Site;
use askama::{DynTemplate, Template};
use fingerpost_askama::{StaticHelpers as _, filters, values};

use crate::support::page;

/// Checks a page in production. `URL` means the URL of `css/app.css`.
#[track_caller]
fn assert_renders(template: &impl Template, expected: &str) {
    let site = Site::with_files(&["css/app.css", "img/a.svg", "js/app.js"]);
    let assets = site.production().build().unwrap();
    let expected = expected.replace("URL", "/static/css/app.7c98040a5416.css");
    assert_eq!(page(&assets, template), expected);
    // In a scope, the page is the same without runtime values.
    assert_eq!(assets.snapshot().scope(|| template.render()).unwrap(), expected);
}

#[derive(Template)]
#[template(path = "child.html", config = "tests/askama.toml")]
struct Child<'a> {
    title: &'a str,
}

#[test]
fn helpers_work_in_parents_blocks_includes_and_imported_macros() {
    assert_renders(
        &Child { title: "<title>" },
        "<link href=\"URL\"><script src=\"/static/js/app.7c98040a5416.js\"></script>\
         <img src=\"/static/img/a.7c98040a5416.svg\"><use href=\"/static/img/a.7c98040a5416.svg#icon\">\
         &#60;title&#62;",
    );
}

#[derive(Template)]
#[template(
    source = r#"
{%- for path in paths %}{{ loop.index }}{{ static(path) }} {% endfor %}
{%- for path in paths %}{{ path|static }} {% endfor %}
{%- if let Some(path) = some %}{{ static(path) }} {% endif %}
{%- match some %}{% when Some(path) %}{{ static(path) }} {% when None %}none{% endmatch %}
{%- let url = static("css/app.css") %}{{ url }} {{ url }} {% let bound = "css/app.css"|static %}{{ bound }}
{%- if paths.len() > 9 %}{{ static("nowhere.css") }}{% endif -%}
"#,
    ext = "html"
)]
struct Control<'a> {
    paths: &'a [String],
    some: Option<&'a str>,
}

#[test]
fn helpers_work_in_loops_conditions_matches_and_variables() {
    let paths = ["css/app.css".to_owned(), "css/app.css".to_owned()];
    assert_renders(
        &Control { paths: &paths, some: Some("css/app.css") },
        "1URL 2URL URL URL URL URL URL URL URL",
    );
}

#[derive(Template)]
#[template(
    source = r#"out{% block link %}{{ static("css/app.css") }} {{ "css/app.css"|static }}{% endblock %}"#,
    ext = "html",
    blocks = ["link"]
)]
struct Blocks;

#[test]
fn helpers_work_in_a_block_rendered_separately() {
    assert_renders(&Blocks.as_link(), "URL URL");
}

#[derive(Template)]
#[template(ext = "html")]
enum Variants<'a> {
    #[template(source = r#"{{ static("css/app.css") }}"#)]
    Unit,
    #[template(source = "{{ static(path) }} {{ path|static }}")]
    Named { path: &'a str },
    #[template(source = "{{ static(self.0) }}")]
    Tuple(&'a str),
}

#[derive(Template)]
#[template(
    source = r#"{% match self %}{% when Self::Css %}{{ static("css/app.css") }}{% when Self::Js %}{{ static("js/app.js") }}{% endmatch %}"#,
    ext = "html"
)]
enum Matched {
    Css,
    #[allow(dead_code, reason = "used only by the template")]
    Js,
}

#[test]
fn helpers_work_in_enums() {
    assert_renders(&Variants::Unit, "URL");
    assert_renders(&Variants::Named { path: "css/app.css" }, "URL URL");
    assert_renders(&Variants::Tuple("css/app.css"), "URL");
    assert_renders(&Matched::Css, "URL");
}

#[derive(Template)]
#[template(source = r#"{{ static(path.as_ref()) }} {{ shown|static }} {{ app_version() }}"#, ext = "html")]
struct Generic<'a, P: AsRef<str> + ?Sized, S>
where
    S: Display,
{
    path: &'a P,
    shown: S,
}

#[test]
fn helpers_work_in_generic_templates_with_lifetimes() {
    assert_renders(
        &Generic { path: "css/app.css", shown: 'x'.to_string().replace('x', "css/app.css") },
        "URL URL v7",
    );
}

#[derive(Template)]
#[template(source = r#"<{{ static("css/app.css") }}> <{{ "css/app.css"|static }}>"#, ext = "txt")]
struct Text;

#[test]
fn helpers_work_in_text_templates() {
    assert_renders(&Text, "<URL> <URL>");
}

#[derive(Template)]
#[template(
    source = r#"{{ child|safe }} {{ dynamic|safe }} {{ static("css/app.css") }} {{ child }}"#,
    ext = "html"
)]
struct Nesting<'a> {
    child: Text,
    dynamic: &'a Text,
}

#[test]
fn nested_templates_get_the_runtime_values() {
    assert_renders(
        &Nesting { child: Text, dynamic: &Text },
        "<URL> <URL> <URL> <URL> URL &#60;URL&#62; &#60;URL&#62;",
    );
}

#[test]
fn helpers_work_in_references_and_trait_objects() {
    assert_renders(&&Text, "<URL> <URL>");
    let site = Site::with_files(&["css/app.css"]);
    let assets = site.production().build().unwrap();
    let templates: [Box<dyn DynTemplate>; 2] = [Box::new(Text), Box::new(Blocks)];
    let shown = templates.map(|template| template.dyn_render_with_values(&values(&assets)).unwrap());
    let url = "/static/css/app.7c98040a5416.css";
    assert_eq!(shown, [format!("<{url}> <{url}>"), format!("out{url} {url}")]);
}

#[derive(Template)]
#[template(
    source = r#"{{ self.static("css/app.css") }} {{ "css/app.css"|fingerpost_askama::filters::static }}"#,
    ext = "html"
)]
struct Paths;

#[test]
fn helpers_can_be_called_by_full_path() {
    assert_renders(&Paths, "URL URL");
}

mod with_own_filters {
    use askama::Template;
    use fingerpost_askama::StaticHelpers as _;

    #[allow(unreachable_pub, reason = "methods that `filter_fn` generates")]
    mod filters {
        pub(crate) use fingerpost_askama::filters::*;

        #[askama::filter_fn]
        pub(crate) fn shout(text: impl std::fmt::Display, _: &dyn askama::Values) -> askama::Result<String> {
            Ok(format!("{text}!"))
        }
    }

    #[derive(Template)]
    #[template(
        source = r#"{{ "css/app.css"|static }} {{ static("css/app.css")|shout }} {{ "css/app.css"|static|shout }}"#,
        ext = "html"
    )]
    pub(super) struct Page;
}

#[test]
fn filters_coexist_with_filters_of_the_application() {
    let site = Site::with_files(&["css/app.css"]);
    let assets = site.production().build().unwrap();
    let url = "/static/css/app.7c98040a5416.css";
    let page = assets.snapshot().scope(|| with_own_filters::Page.render()).unwrap();
    assert_eq!(page, format!("{url} {url}! {url}!"));
}

mod with_own_helper {
    use askama::Template;
    #[allow(unused_imports, reason = "other templates of a module would use the trait")]
    use fingerpost_askama::StaticHelpers as _;

    #[derive(Template)]
    #[template(source = r#"{{ static("css/app.css") }}"#, ext = "html")]
    pub(super) struct Page;

    impl Page {
        fn r#static(&self, path: &str) -> String {
            format!("https://mirror.test/{path}")
        }
    }
}

#[test]
fn method_of_the_page_overrides_the_helper() {
    assert_renders(&with_own_helper::Page, "https://mirror.test/css/app.css");
}
