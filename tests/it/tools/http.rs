//! A site inside the test program, and an HTTP client.

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

/// Serves these routes on a free port until the test ends, and returns the origin.
pub(crate) async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    // Without `TCP_NODELAY`, the headers and the body of a file arrive 40 ms apart.
    let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).expect("an open connection"));
    tokio::spawn(async { axum::serve(listener, routes).await });
    origin
}

/// Sends a GET request, and returns the status and the body of the response.
pub(crate) async fn get(url: &str) -> (u16, Vec<u8>) {
    let response = send(Request::get(url).body(Body::empty()).expect("a URL")).await;
    (response.status().as_u16(), response.into_body().into())
}

/// Sends a request, and returns the response. The path is sent unchanged, and redirects are not followed.
pub(crate) async fn send(request: Request<Body>) -> Response<Bytes> {
    HttpClient::default().send(request).await
}

/// Returns the value of a header, or `-`.
pub(crate) fn header<'r, B>(response: &'r Response<B>, name: &str) -> &'r str {
    response.headers().get(name).map_or("-", |value| value.to_str().expect("text"))
}

/// A client with persistent connections.
#[derive(Debug)]
pub(crate) struct HttpClient(Client<HttpConnector, Body>);

impl Default for HttpClient {
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl HttpClient {
    /// Like the function [`send`], but reuses connections.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Bytes> {
        let (head, body) = self.0.request(request).await.expect("a response").into_parts();
        Response::from_parts(head, to_bytes(Body::new(body), usize::MAX).await.expect("a whole body"))
    }
}
