//! The site that all programs serve.

use std::{
    env,
    net::{SocketAddr, TcpListener},
};

use fingerpost::{Assets, Error};

/// Returns the assets of an example, in the mode of `FINGERPOST_MODE`.
pub fn assets() -> Result<Assets, Error> {
    let site = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/axum-tera");
    env::set_current_dir(site).ok();
    Assets::builder().source("static").collected("dist/static").build()
}

/// Returns the address in `ADDRESS`, with a free port instead of port 0, and prints the origin.
pub fn address() -> std::io::Result<SocketAddr> {
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let address = TcpListener::bind(address)?.local_addr()?;
    println!("http://{address}");
    Ok(address)
}

/// Returns a page for frameworks without a template engine.
pub fn page(assets: &Assets) -> Result<String, Error> {
    let (style, script) = (assets.url("css/app.css")?, assets.url("js/app.js")?);
    Ok(format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Walks</title>
<link rel="stylesheet" href="{style}">
<script type="module" src="{script}"></script>
</head>
<body><h1>Walks</h1></body>
</html>"#
    ))
}
