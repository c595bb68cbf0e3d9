//! A page whose asset URLs carry a token of the deploy: no build step, and a new URL for every file with every deploy.
//!
//! `cargo run -p axum-token` is development, which leaves the token out: a URL has the hash of its file as it is now. With
//! `-- --production` it is deploy 1000, and with `DEPLOY=1001` before that the one after it. In a real site the number comes
//! from the pipeline, and all processes of a deploy have the same.

use std::{env, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    http::StatusCode,
    response::{Html, IntoResponse},
    routing::get,
};
use fingerpost::{Assets, Mode, Strategy, Token};
use fingerpost_tower::StaticFiles;
use minijinja::{Environment, context};
use site::Site;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let site = Site::open(env!("CARGO_MANIFEST_DIR")).await?;
    let deploy: u64 =
        env::var("DEPLOY").map_or(Ok(1000), |deploy| deploy.parse()).context("DEPLOY is a number")?;
    let assets = Assets::builder()
        .source(&site.static_dir)
        .base_url("/static/{breaker}/")
        .strategy(Strategy::PathToken(Token::ordered(deploy)?))
        .mode(site.mode)
        .build()?;

    let mut env = Environment::new();
    fingerpost_minijinja::register(&mut env, &assets);
    env.add_template("page.html", include_str!("page.html"))?;
    let env = Arc::new(env);
    let production = site.mode == Mode::Production;
    let page = get(async move || {
        let page =
            env.get_template("page.html").and_then(|page| page.render(context! { deploy, production }));
        match page {
            Ok(page) => Html(page).into_response(),
            Err(err) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{err:#}")).into_response(),
        }
    });
    // At what precedes the token.
    let app = Router::new().route("/", page).nest_service("/static", StaticFiles::new(&assets));
    site.run(app).await
}
