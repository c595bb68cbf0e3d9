//! A small htmx site that is deployed while it is open, to watch what its pages do then.
//!
//! `cargo run -p axum-htmx`, open a page of each policy in a tab of its own, press "Deploy", and go on in the tabs.

mod deploy;
mod htmx;
mod pages;

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use fingerpost::{Assets, Mode};
use fingerpost_tower::{OnMismatch, StaticFiles, VersionEndpointsLayer, VersionLayer};
use site::Site;
use tokio::task::spawn_blocking;
use tower_http::set_header::SetResponseHeaderLayer;

use deploy::Deploys;
use pages::Pages;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let site = Site::open(env!("CARGO_MANIFEST_DIR")).await?;
    let deploys = Deploys::new(Path::new(env!("CARGO_MANIFEST_DIR")), &site.static_dir, &site.dist_dir)?;
    deploys.publish()?;
    let assets =
        Assets::builder().collected(&site.dist_dir).base_url("/static/").mode(Mode::Production).build()?;
    site.run(app(&assets, deploys)?).await
}

fn app(assets: &Assets, deploys: Deploys) -> anyhow::Result<Router> {
    let pages = Pages::new(assets);
    let policy = |mismatch: OnMismatch| {
        pages.of_policy(mismatch).layer(VersionLayer::new(assets).on_mismatch(mismatch))
    };
    let endpoints = match std::env::var_os("FINGERPOST_SECRET") {
        Some(_) => VersionEndpointsLayer::new(assets)?,
        None => VersionEndpointsLayer::without_bust(assets),
    };
    // No inline script, no inline style, nothing from elsewhere: the client script needs none of that.
    let strict = HeaderValue::from_static("default-src 'self'");
    Ok(pages
        .home()
        .route("/deploy", post(deploy).with_state((Arc::new(deploys), assets.clone())))
        .merge(policy(OnMismatch::Reload))
        .merge(policy(OnMismatch::Prompt))
        .merge(policy(OnMismatch::Warn))
        .merge(policy(OnMismatch::Ignore))
        .nest_service("/static", StaticFiles::new(assets))
        .layer(endpoints)
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, strict))
        // Around all of them: it answers the path of the client script, and leaves pages alone that have theirs.
        .layer(VersionLayer::new(assets)))
}

/// What a deploy script does: `fingerpost collect`, and then `/cache/bust`.
async fn deploy(State((deploys, assets)): State<(Arc<Deploys>, Assets)>) -> Response {
    let deployed = spawn_blocking(move || deploys.publish().and_then(|()| Ok(assets.reload()?)));
    match deployed.await.map_err(anyhow::Error::from).flatten() {
        Ok(_) => Redirect::to("/").into_response(),
        Err(err) => pages::failed(&err).into_response(),
    }
}
