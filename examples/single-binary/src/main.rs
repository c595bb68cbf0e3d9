//! A site as one file: axum and MiniJinja, with the assets and the templates inside the program.
//!
//! `cargo run -p single-binary` runs in development mode and reads the files for every request.
//! `cargo build -p single-binary --release` builds a program that needs no other file.

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
use fingerpost::{Assets, Mode};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, context, path_loader};
use tokio::net::TcpListener;

/// The state of the router.
type Templates = Arc<Environment<'static>>;

/// The templates of a release build.
const TEMPLATES: [(&str, &str); 2] = [
    ("base.html", include_str!("../templates/base.html")),
    ("home.html", include_str!("../templates/home.html")),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let package = env!("CARGO_MANIFEST_DIR");
    let assets = Assets::builder()
        .source(format!("{package}/static")) // for development
        .embedded(fingerpost::embed!()) // for production: the pack of `build.rs`
        .mode(Mode::Auto)
        .build()?;

    let app = Router::new()
        .route("/", get(home))
        .with_state(templates(&assets, package)?)
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

fn templates(assets: &Assets, package: &str) -> anyhow::Result<Templates> {
    let mut env = Environment::new();
    if assets.mode() == Mode::Dev {
        env.set_loader(path_loader(format!("{package}/templates"))); // reads a template again after an edit
    } else {
        TEMPLATES.iter().try_for_each(|(name, source)| env.add_template(name, source))?;
    }
    fingerpost_minijinja::register(&mut env, assets);
    Ok(Arc::new(env))
}

async fn home(State(templates): State<Templates>) -> Result<Html<String>, AppError> {
    let page = templates.get_template("home.html").and_then(|page| page.render(context! {}));
    page.map(Html).map_err(AppError)
}

/// Shows the error in the browser. A public site logs the error instead.
struct AppError(minijinja::Error);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}
