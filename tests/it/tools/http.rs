//! A site inside the test program, and a client for sites.

use axum::{
    Router,
    body::{Body, to_bytes},
    serve::ListenerExt as _,
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::net::TcpListener;

/// Serves these routes on a free port until the test ends, and returns their origin.
pub(crate) async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    // Without it a file's head and its bytes are 40 ms apart.
    let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).expect("an open connection"));
    tokio::spawn(async { axum::serve(listener, routes).await });
    origin
}

/// Returns status and body of what a server answers.
pub(crate) async fn get(url: &str) -> (u16, Vec<u8>) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let answer = client.get(url.parse().expect("a URL")).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = to_bytes(Body::new(answer.into_body()), usize::MAX).await.expect("a whole body");
    (status, body.into())
}
