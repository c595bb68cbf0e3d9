//! A small site with versioned assets: axum and Askama.
//!
//! `cargo run -p axum-askama` runs in development mode: each URL has the current hash of its file.
//! `cargo run -p axum-askama -- --production` runs `collect` first and serves hashed names.

use std::{env, sync::Arc};

use anyhow::Context as _;
use askama::Template;
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use fingerpost::{Assets, Mode};
use fingerpost_askama::StaticHelpers as _;
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use tokio::net::TcpListener;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    items: &'a [Item],
}

struct Item {
    name: &'static str,
    grams: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    if mode == Mode::Production {
        // A deploy runs `fingerpost collect static --out dist/static` before the program starts.
        collect(&CollectConfig::new("dist/static").source("static"))?;
    }
    let assets = Assets::builder()
        .source("static") // the source directory
        .collected("dist/static") // the output directory of `collect`
        .component("templates", ["templates/home.html"]) // a part of the app version
        .mode(mode)
        .build()?;
    fingerpost_askama::init(assets.clone())?; // the assets of `static()` in all templates

    let items = [
        Item { name: "Map and compass", grams: 190 },
        Item { name: "Rain jacket", grams: 410 },
        Item { name: "Water, one litre", grams: 1040 },
        Item { name: "Bread and cheese", grams: 350 },
    ];
    let app = Router::new()
        .route("/", get(home))
        .with_state(Arc::from(items))
        .nest_service("/static", StaticFiles::new(&assets));
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address: ADDRESS=127.0.0.1:3001 cargo run …")
    })?;
    println!("http://{}", listener.local_addr()?);
    // Without `set_nodelay`, the second packet of a response is delayed by up to 40 ms.
    axum::serve(listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app).await?;
    Ok(())
}

async fn home(State(items): State<Arc<[Item]>>) -> Result<Html<String>, AppError> {
    Ok(Html(Home { items: &items }.render()?))
}

/// Shows the error in the browser. A public site logs the error instead.
struct AppError(askama::Error);

impl From<askama::Error> for AppError {
    fn from(err: askama::Error) -> Self {
        Self(err)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}
