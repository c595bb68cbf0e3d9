//! Compares a service with the same service in a `VersionLayer`.
#![allow(missing_docs, clippy::print_stdout, reason = "a bench prints results")]

#[path = "../../fingerpost/benches/ratio/mod.rs"]
mod ratio;

use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use fingerpost::Assets;
use fingerpost_tower::VersionLayer;
use http::{Request, Response, header};
use http_body::Body;
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

/// The budget for responses other than HTML, in nanoseconds.
const BUDGET: f64 = 2000.0;

fn main() -> std::process::ExitCode {
    let dir = tempfile::tempdir().unwrap();
    let manifest = r#"{"version": "1.1", "paths": {"a.css": "a.1.css"}, "hash": "5940499ec5f6"}"#;
    std::fs::write(dir.path().join("staticfiles.json"), manifest).unwrap();
    let layer = VersionLayer::new(&Assets::production(dir.path()).unwrap());

    let head = "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>A page</title></head><body>";
    let page = format!("{head}{}", "<p class=\"text\">A paragraph of a page.</p>\n".repeat(400));
    let mut criterion = ratio::criterion();
    for (name, media_type, budget, body) in [
        ("1 KB of JSON", "application/json", Some(BUDGET), "x".repeat(1 << 10)),
        ("1 MB of JSON", "application/json", Some(BUDGET), "x".repeat(1 << 20)),
        ("a page of 17 KB", "text/html; charset=utf-8", None, page.clone()),
        ("a page of 1 MB", "text/html; charset=utf-8", None, page.repeat(60)),
        ("a fragment of 17 KB", "text/html; charset=utf-8", None, page.replace("<head>", "")),
    ] {
        let body = Bytes::from(body);
        let service = service_fn(move |_: Request<()>| {
            let response = Response::builder().header(header::CONTENT_TYPE, media_type);
            let response =
                response.header(header::ETAG, "\"0123456789abcdef\"").body(Full::new(body.clone()));
            std::future::ready(Ok::<_, Infallible>(response.unwrap()))
        });
        let baseline = ratio::cost(&mut criterion, &format!("{name}, alone"), send_request(service.clone()));
        let layered = ratio::cost(&mut criterion, name, send_request(layer.layer(service)));
        ratio::report_difference(name, budget, layered, baseline);
    }
    ratio::finish(&mut criterion)
}

/// Returns a closure that sends one request to a service that is always ready, reads the response, and returns the length of
/// the body.
fn send_request<S, B>(mut service: S) -> impl FnMut() -> usize
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes, Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    move || {
        let request = Request::get("/").header(header::ACCEPT, "*/*").body(()).unwrap();
        let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut cx) else { return 0 };
        let mut body = pin!(response.into_body());
        let mut bytes = 0;
        while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) {
            bytes += frame.data_ref().map_or(0, Bytes::len);
        }
        bytes
    }
}
