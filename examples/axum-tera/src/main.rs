//! A small site that shows Fingerpost at work, with axum and Tera.
//!
//! `cargo run -p axum-tera` serves development: URLs carry the hash of each file as it is now.
//! `cargo run -p axum-tera -- --production` collects first and serves hashed names.

use std::borrow::Cow;

use fingerpost::{Assets, Mode};
use fingerpost_tower::StaticFiles;
use site::{Page, Site};
use tera::{Tera, TeraResult, context};

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

    // In production read once; in development every request reads the templates anew.
    let production = (site.mode == Mode::Production).then(|| templates(&assets)).transpose()?;
    site.serve(StaticFiles::new(&assets), move |Page { template, title, path, mode }| {
        let tera = production
            .as_ref()
            .map_or_else(|| templates(&assets).map(Cow::Owned), |tera| Ok(Cow::Borrowed(tera)))?;
        Ok(tera.render(template, &context! { title, path, mode })?)
    })
    .await
}

fn templates(assets: &Assets) -> TeraResult<Tera> {
    let mut tera = Tera::new();
    fingerpost_tera::register(&mut tera, assets); // before templates are loaded
    tera.load_from_glob(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/*.html"))?;
    Ok(tera)
}
