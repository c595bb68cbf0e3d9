use askama::Template;

#[derive(Template)]
#[template(source = r#"{{ static(path = "a.css") }}"#, ext = "html")]
struct Page;

fn main() {}
