//! A site with versioned assets: axum and MiniJinja.
//!
//! `cargo run -p axum-minijinja` runs in development mode: each URL has the current hash of its file.
//! `cargo run -p axum-minijinja -- --production` runs `collect` first and serves hashed names.

use std::{env, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
    response::{Html, IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use fingerpost::{Assets, Mode};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, context, path_loader};
use tokio::net::TcpListener;

/// The state of the router.
type Templates = Arc<Environment<'static>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    if mode == Mode::Production {
        // A deploy runs `fingerpost collect static --out dist/static` before the program starts.
        collect(&CollectConfig::new("dist/static").source("static"))?;
    }
    let listener = listen().await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let templates = ["base", "home", "how", "not_found", "urls"].map(|name| format!("templates/{name}.html"));
    let assets = Assets::builder()
        .source("static") // the source directory
        .collected("dist/static") // the output directory of `collect`
        .origin(&origin) // for `static_url`
        .component("templates", templates) // a part of the app version
        .mode(mode)
        .build()?;

    let app = Router::new()
        .route("/", get(home))
        .route("/how", get(how))
        .fallback(not_found)
        .with_state(environment(&assets))
        .nest_service("/static", StaticFiles::new(&assets));
    println!("{origin}");
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

fn environment(assets: &Assets) -> Templates {
    let mut env = Environment::new();
    env.set_loader(path_loader("templates")); // reads a template again after an edit
    env.add_global("mode", if assets.mode() == Mode::Dev { "development" } else { "production" });
    fingerpost_minijinja::register(&mut env, assets);
    Arc::new(env)
}

async fn home(State(templates): State<Templates>) -> Result<Html<String>, AppError> {
    render(&templates, "home.html", "/")
}

async fn how(State(templates): State<Templates>) -> Result<Html<String>, AppError> {
    render(&templates, "how.html", "/how")
}

async fn not_found(State(templates): State<Templates>, uri: Uri) -> Result<impl IntoResponse, AppError> {
    Ok((StatusCode::NOT_FOUND, render(&templates, "not_found.html", uri.path())?))
}

fn render(templates: &Templates, name: &str, path: &str) -> Result<Html<String>, AppError> {
    let page = templates.get_template(name).and_then(|page| page.render(context! { path }));
    page.map(Html).map_err(AppError)
}

/// Shows the error in the browser. A public site logs the error instead.
struct AppError(minijinja::Error);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
