//! A page whose asset URLs contain a token of the deploy. There is no build step. Every deploy gives every file a new URL.
//!
//! `cargo run -p axum-token` runs in development mode, without a token: each URL has the current hash of its file. With
//! `-- --production`, the token is 1000, or the number in `DEPLOY`. The pipeline sets `DEPLOY` to the same value for all
//! processes of a deploy.

use std::{env, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use fingerpost::{Assets, Mode, Strategy, Token};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, path_loader};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    let deploy = env::var("DEPLOY").unwrap_or_else(|_| "1000".to_owned());
    let deploy: u64 = deploy.parse().with_context(|| format!("DEPLOY is `{deploy}`, not a number"))?;
    let assets = Assets::builder()
        .source("static")
        .base_url("/static/{breaker}/") // in production, the token replaces `{breaker}`
        .strategy(Strategy::PathToken(Token::ordered(deploy)?))
        .mode(mode)
        .build()?;

    let mut templates = Environment::new();
    templates.set_loader(path_loader("templates"));
    templates.add_global("deploy", deploy);
    templates.add_global("production", mode == Mode::Production);
    fingerpost_minijinja::register(&mut templates, &assets);

    let app = Router::new()
        .route("/", get(home))
        .with_state(Arc::new(templates))
        .nest_service("/static", StaticFiles::new(&assets)); // mounted at the path before the token
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address: ADDRESS=127.0.0.1:3001 cargo run …")
    })?;
    println!("http://{}", listener.local_addr()?);
    // Without `set_nodelay`, the second packet of a response is delayed by up to 40 ms.
    axum::serve(listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app).await?;
    Ok(())
}

async fn home(State(templates): State<Arc<Environment<'static>>>) -> Result<Html<String>, AppError> {
    let page = templates.get_template("home.html").and_then(|page| page.render(()));
    page.map(Html).map_err(AppError)
}

/// Shows the error in the browser. A public site logs the error instead.
struct AppError(minijinja::Error);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
