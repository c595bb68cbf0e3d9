//! Plain HTML pages, with no template engine and no build step: their references get a version on the way out.
//!
//! `cargo run -p axum-html` is development: the version is the hash of each file as it is now. With `-- --production` it is
//! the commit of the repository, or `FINGERPOST_APP_VERSION`.

use axum::Router;
use fingerpost::{Assets, Strategy};
use fingerpost_tower::{HtmlRewriteLayer, StaticFiles};
use site::Site;
use tower_http::services::ServeDir;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let site = Site::open(env!("CARGO_MANIFEST_DIR")).await?;
    let assets = Assets::builder()
        .source(&site.static_dir)
        .base_url("/static/")
        .strategy(Strategy::VersionQuery)
        .version_from_git()
        .mode(site.mode)
        .build()?;

    let pages = ServeDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/pages"));
    let app = Router::new()
        .fallback_service(pages)
        .layer(HtmlRewriteLayer::new(&assets))
        .nest_service("/static", StaticFiles::new(&assets));
    site.run(app).await
}
