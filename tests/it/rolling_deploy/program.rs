//! A site with embedded assets, which the tests build for each release.

use axum::{Router, extract::Path, response::Html, routing::get};
use fingerpost::{Assets, Mode};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, context};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let pack = fingerpost::embed!("static.tar");
    let assets = Assets::builder().embedded(pack).mode(Mode::Production).build()?;
    let mut env = Environment::new();
    fingerpost_minijinja::register(&mut env, &assets);
    env.add_template("page.html", include_str!("../templates/page.html"))?;
    let page = get(async move |Path(number): Path<usize>| {
        let page = env.get_template("page.html").and_then(|page| page.render(context! { number }));
        page.map(Html).map_err(|err| err.to_string())
    });
    let app = Router::new().route("/{number}", page).nest_service("/static", StaticFiles::new(&assets));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
