//! Serves the pack with `StaticFiles`.

#[path = "../../serve.rs"]
mod serve;

use std::error::Error;

use axum::{Router, routing::get};
use fingerpost::{Assets, Mode};
use fingerpost_tower::StaticFiles;

fn main() -> Result<(), Box<dyn Error>> {
    let assets =
        Assets::builder().embedded(fingerpost::embed!("../static.tar")).mode(Mode::Production).build()?;
    let app = Router::new().route("/ready", get(async || "ready"));
    serve::serve(app.nest_service("/static", StaticFiles::new(&assets)))
}
