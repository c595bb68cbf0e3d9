//! The server of the program `fingerpost`, without assets.

#[path = "../../serve.rs"]
mod serve;

use std::error::Error;

use axum::{Router, routing::get};
use fingerpost::{Assets, Mode};
use fingerpost_tower::StaticFiles;

fn main() -> Result<(), Box<dyn Error>> {
    let mut app = Router::new().route("/ready", get(async || "ready"));
    // Links the same code as the other programs. The directory never exists.
    if let Ok(assets) = Assets::builder().collected("absent").mode(Mode::Production).build() {
        app = app.nest_service("/static", StaticFiles::new(&assets));
    }
    serve::serve(app)
}
