//! A site with thirty JavaScript modules and an import map, without a bundler and without Node.js.
//!
//! `cargo run -p axum-modules` runs in development mode: an edit of a module is visible after a reload of the page.
//! `cargo run -p axum-modules -- --production` runs `collect` first and serves hashed names.

use std::{env, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{Html, IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use fingerpost::{Assets, Mode, Settings};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, path_loader};
use tokio::net::TcpListener;

/// The state of the router.
#[derive(Debug, Clone)]
struct Site {
    assets: Assets,
    templates: Arc<Environment<'static>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let settings = Settings::read("fingerpost.toml")?;
    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    if mode == Mode::Production {
        // A deploy runs `fingerpost collect` before the program starts.
        collect(&CollectConfig::from_settings(settings.clone()))?;
    }
    let listener = listen().await?;
    let assets = Assets::builder().settings(settings).mode(mode).build()?;

    let mut templates = Environment::new();
    templates.set_loader(path_loader("templates")); // reads a template again after an edit
    fingerpost_minijinja::register(&mut templates, &assets);
    let files = StaticFiles::new(&assets);
    let site = Site { assets, templates: templates.into() };
    let app = Router::new().route("/", get(home)).with_state(site).nest_service("/static", files);
    println!("http://{}", listener.local_addr()?);
    // Without `set_nodelay`, the second packet of a response is delayed by up to 40 ms.
    axum::serve(listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app).await?;
    Ok(())
}

async fn listen() -> anyhow::Result<TcpListener> {
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await;
    listener.with_context(|| {
        format!("cannot listen on {address}; choose another address: ADDRESS=127.0.0.1:3001 cargo run …")
    })
}

/// Sends the page with a policy that allows the scripts of the site, and the import map by its hash.
async fn home(State(site): State<Site>) -> Result<impl IntoResponse, AppError> {
    // In the scope of one release, the header contains the hash of the map in the page.
    let snapshot = site.assets.snapshot();
    let page = snapshot.scope(|| site.templates.get_template("home.html")?.render(()))?;
    let map = snapshot.importmap_csp_hash()?.unwrap_or_default();
    let policy = format!("default-src 'self'; script-src 'self' {map}; base-uri 'none'");
    Ok(([(CONTENT_SECURITY_POLICY, policy)], Html(page)))
}

/// Shows the error in the browser. A public site logs the error instead.
struct AppError(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for AppError {
    fn from(err: E) -> Self {
        Self(err.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
