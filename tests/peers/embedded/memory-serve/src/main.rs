//! Serves the files with memory-serve.

#[path = "../../serve.rs"]
mod serve;

use std::error::Error;

use axum::{Router, routing::get};

fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new().route("/ready", get(async || "ready"));
    serve::serve(app.nest("/static", memory_serve::load!().into_router()))
}
