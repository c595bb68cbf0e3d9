//! The program `none` with one `include_bytes!` of the pack.

#[path = "../../serve.rs"]
mod serve;

use std::{error::Error, hint::black_box};

use axum::{Router, routing::get};
use fingerpost::{Assets, Mode};
use fingerpost_tower::StaticFiles;

static PACK: &[u8] = include_bytes!("../../static.tar");

fn main() -> Result<(), Box<dyn Error>> {
    let mut app = Router::new().route("/ready", get(async || black_box(PACK).len().to_string()));
    // Links the same code as the other programs. The directory never exists.
    if let Ok(assets) = Assets::builder().collected("absent").mode(Mode::Production).build() {
        app = app.nest_service("/static", StaticFiles::new(&assets));
    }
    serve::serve(app)
}
