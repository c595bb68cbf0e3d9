//! hypertext renders a `Url` as a `&str`.

use std::error::Error;

use axum::{Router, extract::State, http::StatusCode, response::Html, routing::get};
use fingerpost::Assets;
use fingerpost_tower::StaticFiles;
use hypertext::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let assets = frameworks::assets()?;
    let app = Router::new().route("/", get(home)).nest_service("/static", StaticFiles::new(&assets));
    let listener = tokio::net::TcpListener::bind(frameworks::address()?).await?;
    axum::serve(listener, app.with_state(assets)).await?;
    Ok(())
}

async fn home(State(assets): State<Assets>) -> Result<Html<String>, (StatusCode, String)> {
    page(&assets).map(Html).map_err(|err| (StatusCode::INTERNAL_SERVER_ERROR, err.to_string()))
}

fn page(assets: &Assets) -> Result<String, fingerpost::Error> {
    let (style, script) = (assets.url("css/app.css")?, assets.url("js/app.js")?);
    let page = maud! {
        !DOCTYPE
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Walks" }
                link rel="stylesheet" href=(&*style);
                script type="module" src=(&*script) {}
            }
            body { h1 { "Walks" } }
        }
    };
    Ok(page.render().into_inner())
}
