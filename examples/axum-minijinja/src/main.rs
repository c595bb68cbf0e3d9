//! A small site that shows Fingerpost at work, with axum and MiniJinja.
//!
//! `cargo run -p axum-minijinja` serves development: URLs carry the hash of each file as it is now.
//! `cargo run -p axum-minijinja -- --production` collects first and serves hashed names.

use std::{
    io::{self, ErrorKind, Write as _},
    path::Path,
    sync::Arc,
};

use anyhow::Context as _;
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, Uri},
    middleware::map_request,
    response::{Html, IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use clap::Parser;
use fingerpost::{Assets, MANIFEST_NAME, Mode};
use fingerpost_collect::{CollectConfig, collect};
use minijinja::{Environment, context, path_loader};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

/// A small site that shows Fingerpost at work.
#[derive(Parser)]
struct Args {
    /// Collect the static files first and serve them under hashed names
    #[arg(long)]
    production: bool,
    /// Listen on this port; 0 takes any free one [default: 3000, or any free one if that is busy]
    #[arg(long)]
    port: Option<u16>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let listener = listen(args.port).await?;
    let address = format!("http://{}", listener.local_addr()?);

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (static_dir, dist_dir) = (here.join("static"), here.join("dist/static"));
    if args.production {
        // Another server than Fingerpost's own answers here, so the plain names are written too.
        let report = collect(&CollectConfig::new(&dist_dir).source(&static_dir).originals(true))?;
        writeln!(io::stderr(), "Collected {} files, {} of them new.", report.files, report.written)?;
    }
    let assets = Assets::builder()
        .source(&static_dir)
        .collected(&dist_dir)
        .base_url("/static/")
        .origin(&address)
        .mode(if args.production { Mode::Production } else { Mode::Dev })
        .build()?;

    let served_dir = if args.production { dist_dir } else { static_dir };
    let files = Router::new().fallback_service(ServeDir::new(&served_dir)).layer(map_request(only_assets));
    let app = Router::new()
        .route("/", get(|site: State<Site>| async move { site.render("home.html", "/") }))
        .route("/how", get(|site: State<Site>| async move { site.render("how.html", "/how") }))
        .nest("/static", files)
        .fallback(not_found)
        .with_state(Site::new(assets));

    writeln!(io::stderr(), "Serving {}, stop with Ctrl-C.", served_dir.display())?;
    writeln!(io::stdout(), "{address}")?;
    axum::serve(listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app).await?;
    Ok(())
}

async fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let wanted = port.unwrap_or(3000);
    match TcpListener::bind(("127.0.0.1", wanted)).await {
        Err(err) if port.is_none() && err.kind() == ErrorKind::AddrInUse => {
            writeln!(io::stderr(), "Port {wanted} is busy, taking a free one.")?;
            Ok(TcpListener::bind("127.0.0.1:0").await?)
        }
        listener => listener.with_context(|| format!("cannot listen on port {wanted}")),
    }
}

/// Keeps back what `collect` writes for itself: it names every file of every release.
async fn only_assets(request: Request) -> Result<Request, StatusCode> {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let first = path.split(['/', '\\']).find(|name| !matches!(*name, "" | ".")).unwrap_or_default();
    let own = [".fingerpost", MANIFEST_NAME].iter().any(|own| first.eq_ignore_ascii_case(own));
    if own { Err(StatusCode::NOT_FOUND) } else { Ok(request) }
}

#[derive(Clone)]
struct Site {
    assets: Assets,
    /// In production built once; in development every request reads the templates anew.
    templates: Option<Arc<Environment<'static>>>,
}

impl Site {
    fn new(assets: Assets) -> Self {
        let production = assets.mode() == Mode::Production;
        Self { templates: production.then(|| Arc::new(templates(&assets))), assets }
    }

    fn render(&self, template: &str, path: &str) -> Result<Html<String>, RenderError> {
        let mode = if self.templates.is_some() { "production" } else { "development" };
        let templates = self.templates.clone().unwrap_or_else(|| Arc::new(templates(&self.assets)));
        Ok(Html(templates.get_template(template)?.render(context! { mode, path })?))
    }
}

fn templates(assets: &Assets) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_loader(path_loader(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")));
    fingerpost_minijinja::register(&mut env, assets);
    env
}

async fn not_found(State(site): State<Site>, uri: Uri) -> Result<(StatusCode, Html<String>), RenderError> {
    Ok((StatusCode::NOT_FOUND, site.render("not_found.html", uri.path())?))
}

/// Shows a developer what is wrong in a template, down to the first cause.
struct RenderError(anyhow::Error);

impl From<minijinja::Error> for RenderError {
    fn from(err: minijinja::Error) -> Self {
        Self(err.into())
    }
}

impl IntoResponse for RenderError {
    fn into_response(self) -> Response {
        let mut causes: Vec<_> = self.0.chain().map(ToString::to_string).collect();
        causes.dedup_by(|cause, message| message.contains(&*cause));
        (StatusCode::INTERNAL_SERVER_ERROR, causes.join("\ncaused by: ")).into_response()
    }
}
