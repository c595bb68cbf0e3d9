//! A small site that shows Fingerpost at work, with axum and MiniJinja.
//!
//! `cargo run -p axum-minijinja` serves development: URLs carry the hash of each file as it is now.
//! `cargo run -p axum-minijinja -- --production` collects first and serves hashed names.

use std::borrow::Cow;

use fingerpost::{Assets, Mode};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, context, path_loader};
use site::{Page, Site};

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

    // In production built once; in development every request reads the templates anew.
    let production = (site.mode == Mode::Production).then(|| templates(&assets));
    site.serve(StaticFiles::new(&assets), move |Page { template, title, path, mode }| {
        let env = production.as_ref().map_or_else(|| Cow::Owned(templates(&assets)), Cow::Borrowed);
        Ok(env.get_template(template)?.render(context! { title, path, mode })?)
    })
    .await
}

fn templates(assets: &Assets) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_loader(path_loader(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")));
    fingerpost_minijinja::register(&mut env, assets);
    env
}
