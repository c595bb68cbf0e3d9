//! Serves the files with rust-embed, like the axum example of rust-embed.

#[path = "../../serve.rs"]
mod serve;

use std::error::Error;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../source"]
struct Assets;

fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new().route("/ready", get(async || "ready"));
    serve::serve(app.route("/static/{*path}", get(file)))
}

async fn file(Path(path): Path<String>) -> Response {
    let Some(file) = Assets::get(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let media_type = mime_guess::from_path(&path).first_or_octet_stream();
    ([(CONTENT_TYPE, media_type.as_ref())], file.data).into_response()
}
