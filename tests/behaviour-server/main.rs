//! The server for the requests of `tests/behaviour`: `server ROOT`. Prints the errors of invalid configurations, then a
//! line for each site, `NAME PORT`. Exits when its standard input is closed.

mod api;

use std::{env, io, path::Path};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderName, HeaderValue},
    response::Response,
    routing::{any, post},
    serve::ListenerExt as _,
};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = env::args().nth(1).ok_or("usage: server ROOT")?;
    let root = Path::new(&root);
    for error in api::errors(root) {
        println!("{}", error.replace('\n', "\\n"));
    }
    println!("ports:");
    for (name, site) in api::sites(root, pages)? {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{name} {}", listener.local_addr()?.port());
        let listener = listener.tap_io(|tcp| drop(tcp.set_nodelay(true)));
        tokio::spawn(async move { axum::serve(listener, site).await });
    }
    println!("ready");
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    Ok(())
}

/// Returns the routes of a site: `/echo` echoes the request, and `/resolve` returns the results of all lookups for
/// the asset path in the body of the request.
fn pages(resolve: api::Resolve) -> Router {
    let resolve = async move |path: String| resolve(&path);
    Router::new().route("/echo", any(echo)).route("/resolve", post(resolve))
}

/// Responds with the body of the request as HTML. `x-status` sets the status, and each `x-echo: NAME: VALUE` adds a
/// header.
async fn echo(request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a complete body");
    let mut response = Response::new(Body::from(body));
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(status) = header("x-status") {
        *response.status_mut() = status.parse().expect("a status");
    }
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("text/html; charset=utf-8"));
    for line in head.headers.get_all("x-echo") {
        let (name, value) = line.to_str().ok().and_then(|line| line.split_once(": ")).expect("a header");
        let name: HeaderName = name.parse().expect("the name of a header");
        let value = HeaderValue::from_str(value).expect("the value of a header");
        headers.insert(name, value);
    }
    response
}
