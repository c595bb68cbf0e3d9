//! A site with axum and MiniJinja. Vite builds the scripts and style sheets.
//!
//! `cargo run -p axum-vite` runs in development mode: `npm run dev` serves the scripts and style sheets.
//! `cargo run -p axum-vite -- --production` runs `collect` first and serves the output of `npm run build`.

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
use fingerpost::{Assets, Mode, Settings};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, context};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    let settings = Settings::read("fingerpost.toml")?;
    if mode == Mode::Production {
        // A deploy runs `npm run build` and `fingerpost collect` before the program starts.
        collect(&CollectConfig::from_settings(settings.clone()))?;
    }
    let assets = Assets::builder().settings(settings).mode(mode).build()?;
    let mut env = Environment::new();
    env.set_loader(minijinja::path_loader("templates"));
    fingerpost_minijinja::register(&mut env, &assets); // the function `static_tags()`

    let app = Router::new()
        .route("/", get(home))
        .with_state(Arc::new(env))
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

async fn home(State(env): State<Arc<Environment<'static>>>) -> Result<Html<String>, AppError> {
    let huts = context! {
        huts => [("Lower hut", 1_240), ("Lake hut", 1_835), ("Saddle", 2_310), ("Summit hut", 2_680)],
    };
    Ok(Html(env.get_template("home.html")?.render(huts)?))
}

/// Shows the error in the browser. A public site logs the error instead.
struct AppError(minijinja::Error);

impl From<minijinja::Error> for AppError {
    fn from(err: minijinja::Error) -> Self {
        Self(err)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}
