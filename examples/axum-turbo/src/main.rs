//! A small Turbo site that publishes releases while its pages are open.
//!
//! Run `cargo run -p axum-turbo`, open two tabs, press "Deploy" in one tab, and continue in the other tab.

mod pages;
mod releases;
mod turbo;

use std::{env, sync::Arc};

use anyhow::Context as _;
use axum::{Router, extract::State, response::Redirect, routing::post, serve::ListenerExt as _};
use fingerpost::{Assets, Mode};
use fingerpost_collect::CollectConfig;
use fingerpost_tower::{StaticFiles, VersionEndpointsLayer, VersionLayer};
use tokio::{net::TcpListener, task::spawn_blocking};

use pages::{AppError, Pages};
use releases::Releases;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address: ADDRESS=127.0.0.1:3001 cargo run …")
    })?;

    let turbo = turbo::directory()?;
    let mut config = CollectConfig::new("dist/static").source("static");
    if let Some(turbo) = &turbo {
        config = config.source_at("turbo", turbo);
    }
    let releases = Releases::new(config);
    releases.publish()?;
    let assets = Assets::builder().collected("dist/static").mode(Mode::Production).build()?;

    println!("http://{}", listener.local_addr()?);
    // Without `set_nodelay`, the second packet of a response is delayed by up to 40 ms.
    let app = app(&assets, releases, turbo.is_some());
    axum::serve(listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app).await?;
    Ok(())
}

fn app(assets: &Assets, releases: Releases, has_turbo: bool) -> Router {
    Pages::new(assets, has_turbo)
        .routes()
        .route("/deploy", post(deploy).with_state((Arc::new(releases), assets.clone())))
        .nest_service("/static", StaticFiles::new(assets))
        .layer(VersionEndpointsLayer::without_bust(assets))
        .layer(VersionLayer::new(assets))
}

/// Simulates a deploy script: `fingerpost collect`, then `POST /cache/bust`.
async fn deploy(State((releases, assets)): State<(Arc<Releases>, Assets)>) -> Result<Redirect, AppError> {
    spawn_blocking(move || releases.publish().and_then(|()| Ok(assets.reload()?))).await??;
    Ok(Redirect::to("/deployed"))
}
