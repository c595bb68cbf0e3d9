//! A small site that shows Fingerpost at work, with axum and Askama.
//!
//! `cargo run -p axum-askama` serves development: URLs carry the hash of each file as it is now.
//! `cargo run -p axum-askama -- --production` collects first and serves hashed names.

use askama::Template;
use fingerpost::Assets;
use fingerpost_askama::StaticHelpers as _;
use fingerpost_tower::StaticFiles;
use site::{Page, Site};

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    page: Page,
    assets: &'a Assets,
}

#[derive(Template)]
#[template(path = "how.html")]
struct How<'a> {
    page: Page,
    assets: &'a Assets,
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound {
    page: Page,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let site = Site::open(env!("CARGO_MANIFEST_DIR")).await?;
    site.collect()?;
    let assets = Assets::builder()
        .source(&site.static_dir)
        .collected(&site.dist_dir)
        .base_url("/static/")
        .origin(&site.address)
        .mode(site.mode)
        .build()?;

    fingerpost_askama::init(assets.clone())?;
    site.serve(StaticFiles::new(&assets), move |page| {
        Ok(match page.template {
            "home.html" => Home { page, assets: &assets }.render()?,
            "how.html" => How { page, assets: &assets }.render()?,
            _ => NotFound { page }.render()?,
        })
    })
    .await
}

/// Returns the pieces of an asset's URL: what precedes the version, its sign, the version, what follows it.
///
/// A macro does this in the other examples. Askama's templates call Rust.
fn pieces<'u>(url: &'u str, path: &str) -> (&'u str, &'u str, &'u str, &'u str) {
    if let Some((before, version)) = url.split_once("?v=") {
        return (before, "?v=", version, "");
    }
    // `app.min.<hash>.css`, or `LICENSE.<hash>` where a name has no extension.
    let name = path.rsplit('/').next().unwrap_or_default();
    let after = name.rfind('.').map_or(0, |dot| name.len() - dot);
    let (url, after) = url.split_at(url.len() - after);
    let (before, version) = url.rsplit_once('.').unwrap_or((url, ""));
    (before, ".", version, after)
}
