//! A small site with versioned assets: axum and Tera.
//!
//! `cargo run -p axum-tera` runs in development mode: each URL has the current hash of its file.
//! `cargo run -p axum-tera -- --production` runs `collect` first and serves hashed names.

use std::{borrow::Cow, env, sync::Arc};

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
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use serde::Serialize;
use tera::{Context, Tera, context};
use tokio::net::TcpListener;

#[derive(Serialize)]
struct Walk {
    name: &'static str,
    km: f64,
}

const WALKS: [Walk; 3] = [
    Walk { name: "Beacon ridge", km: 14.5 },
    Walk { name: "Gorse valley", km: 8.0 },
    Walk { name: "Mill and weir", km: 4.2 },
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    if mode == Mode::Production {
        // A deploy runs `fingerpost collect static --out dist/static` before the program starts.
        collect(&CollectConfig::new("dist/static").source("static"))?;
    }
    let pages = ["about", "base", "home"].map(|name| format!("templates/{name}.html"));
    let assets = Assets::builder().source("static").collected("dist/static").component("templates", pages);
    let assets = assets.mode(mode).build()?; // the templates are a part of the app version
    let mut tera = Tera::new();
    fingerpost_tera::register(&mut tera, &assets); // before templates are loaded
    tera.load_from_glob("templates/*.html")?;

    let app = Router::new()
        .route("/", get(home))
        .route("/about", get(about))
        .with_state(Templates { tera: Arc::new(tera), mode })
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

async fn home(State(templates): State<Templates>) -> Result<Html<String>, AppError> {
    templates.render("home.html", &context! { walks => &WALKS })
}

async fn about(State(templates): State<Templates>) -> Result<Html<String>, AppError> {
    templates.render("about.html", &Context::new())
}

#[derive(Clone)]
struct Templates {
    tera: Arc<Tera>,
    mode: Mode,
}

impl Templates {
    fn render(&self, name: &str, context: &Context) -> Result<Html<String>, AppError> {
        let mut tera = Cow::Borrowed(&*self.tera);
        if self.mode == Mode::Dev {
            tera.to_mut().full_reload().map_err(AppError)?; // reads edited templates
        }
        tera.render(name, context).map(Html).map_err(AppError)
    }
}

/// Shows the error in the browser. A public site logs the error instead.
struct AppError(tera::Error);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", anyhow::Error::from(self.0))).into_response()
    }
}
