//! A small htmx site that publishes releases while its pages are open.
//!
//! Run `cargo run -p axum-htmx`, open the page of each policy in its own tab, press "Deploy", and continue in the tabs.

mod htmx;
mod pages;
mod releases;

use std::{env, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    response::Redirect,
    routing::post,
    serve::ListenerExt as _,
};
use fingerpost::{Assets, Mode};
use fingerpost_collect::CollectConfig;
use fingerpost_tower::{OnMismatch, StaticFiles, VersionEndpointsLayer, VersionLayer};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_http::set_header::SetResponseHeaderLayer;

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

    let config = CollectConfig::new("dist/static").source("static").source_at("htmx", htmx::directory()?);
    let releases = Releases::new(config);
    releases.publish()?;
    let assets = Assets::builder().collected("dist/static").mode(Mode::Production).build()?;

    println!("http://{}", listener.local_addr()?);
    // Without `set_nodelay`, the second packet of a response is delayed by up to 40 ms.
    axum::serve(listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app(&assets, releases)?).await?;
    Ok(())
}

fn app(assets: &Assets, releases: Releases) -> anyhow::Result<Router> {
    let pages = Pages::new(assets);
    let policy = |mismatch: OnMismatch| {
        pages.for_policy(mismatch).layer(VersionLayer::new(assets).on_mismatch(mismatch))
    };
    let endpoints = match env::var_os("FINGERPOST_SECRET") {
        Some(_) => VersionEndpointsLayer::new(assets)?,
        None => VersionEndpointsLayer::without_bust(assets),
    };
    // The client script works without inline scripts or styles.
    let strict = HeaderValue::from_static("default-src 'self'");
    Ok(pages
        .home()
        .route("/deploy", post(deploy).with_state((Arc::new(releases), assets.clone())))
        .merge(policy(OnMismatch::Reload))
        .merge(policy(OnMismatch::Prompt))
        .merge(policy(OnMismatch::Warn))
        .merge(policy(OnMismatch::Ignore))
        .nest_service("/static", StaticFiles::new(assets))
        .layer(endpoints)
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, strict))
        // This layer serves the client script, and does not change the pages of an inner `VersionLayer`.
        .layer(VersionLayer::new(assets)))
}

/// Simulates a deploy script: `fingerpost collect`, then `POST /cache/bust`.
async fn deploy(State((releases, assets)): State<(Arc<Releases>, Assets)>) -> Result<Redirect, AppError> {
    spawn_blocking(move || releases.publish().and_then(|()| Ok(assets.reload()?))).await??;
    Ok(Redirect::to("/"))
}
