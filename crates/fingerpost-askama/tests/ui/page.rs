use askama::Template;

#[derive(Template)]
#[template(source = r#"<link rel="stylesheet" href="{{ static("css/app.css") }}">"#, ext = "html")]
struct Page;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    fingerpost_askama::init(fingerpost::Assets::dev("static")?)?;
    println!("{}", Page.render()?);
    Ok(())
}
