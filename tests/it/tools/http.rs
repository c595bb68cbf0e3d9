//! A site inside the test program, and a client for sites.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    serve::ListenerExt as _,
};
use http::{Request, Response};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
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
    let answer = ask(Request::get(url).body(Body::empty()).expect("a URL")).await;
    (answer.status().as_u16(), answer.into_body().into())
}

/// Returns what a server answers; the path is sent as it stands, and redirects are not followed.
pub(crate) async fn ask(request: Request<Body>) -> Response<Bytes> {
    Asker::default().ask(request).await
}

/// A client that keeps its connections open.
#[derive(Debug)]
pub(crate) struct Asker(Client<HttpConnector, Body>);

impl Default for Asker {
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl Asker {
    /// The same as the function [`ask`].
    pub(crate) async fn ask(&self, request: Request<Body>) -> Response<Bytes> {
        let (head, body) = self.0.request(request).await.expect("an answer").into_parts();
        Response::from_parts(head, to_bytes(Body::new(body), usize::MAX).await.expect("a whole body"))
    }
}
