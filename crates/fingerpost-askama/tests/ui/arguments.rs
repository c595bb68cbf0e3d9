use askama::Template;
use fingerpost_askama::StaticHelpers as _;

#[derive(Template)]
#[template(source = "{{ static() }}", ext = "html")]
struct Missing;

#[derive(Template)]
#[template(source = "{{ static(7) }}", ext = "html")]
struct Number;

#[derive(Template)]
#[template(source = r#"{{ static("a.css", "b.css") }}"#, ext = "html")]
struct Two;

#[derive(Template)]
#[template(source = "{{ static(path) }}", ext = "html")]
struct Maybe<'a> {
    path: Option<&'a str>,
}

#[derive(Template)]
#[template(source = r#"{{ app_version("a.css") }}"#, ext = "html")]
struct Version;

fn main() {}
