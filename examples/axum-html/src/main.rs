//! Plain HTML pages without a template engine or a build step. A layer adds versions to the asset URLs in the pages.
//!
//! `cargo run -p axum-html` runs in development mode: the version is the current hash of each file. With `-- --production`,
//! the version is the commit of the repository, or `FINGERPOST_APP_VERSION`.

use std::env;

use anyhow::Context as _;
use axum::{Router, serve::ListenerExt as _};
use fingerpost::{Assets, Mode, Strategy};
use fingerpost_tower::{HtmlRewriteLayer, StaticFiles};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    let assets = Assets::builder()
        .source("static")
        .strategy(Strategy::VersionQuery)
        .version_from_git()
        .mode(mode)
        .build()?;

    let app = Router::new()
        .fallback_service(ServeDir::new("pages"))
        .layer(HtmlRewriteLayer::new(&assets))
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
