use std::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost::{Assets, Snapshot};
use fingerpost_tower::{HtmlRewriteLayer, VersionLayer};
use http::{Request, Response};
use http_body::{Body, Frame};
use tower::{Layer, service_fn};

use super::{build_response, production, publish, request, send};

/// Returns the version and a URL, first from the current scope, then from `assets`, as text.
fn versions_and_urls(assets: &Assets) -> String {
    let current = Snapshot::with_current(|snapshot| (snapshot.app_version(), snapshot.url("a.css").unwrap()));
    let (version, url) = current.expect("a scope is active");
    format!("[{version} {url} {} {}]", assets.app_version(), assets.url("a.css").unwrap())
}

/// A body that ends after the given number of polls. Every other poll renders a frame.
struct Rendered(Assets, usize);

impl Body for Rendered {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Every other poll is pending, which leaves time for a reload.
        self.1 = match self.1.checked_sub(1) {
            None => return Poll::Ready(None),
            Some(left) => left,
        };
        if self.1 % 2 == 1 {
            std::thread::yield_now();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let start = if self.1 == 6 { "<head>" } else { "" };
        Poll::Ready(Some(Ok(Frame::data(format!("{start}{}", versions_and_urls(&self.0)).into()))))
    }
}

#[test]
fn response_uses_one_release_while_another_thread_reloads() {
    let (dir, assets) = production();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reloading = scope.spawn(|| {
            let mut reloads = 0;
            while !is_done.load(Relaxed) {
                publish(&dir, ["v1", "v2"][reloads % 2]);
                assets.reload().unwrap();
                reloads += 1;
            }
            reloads
        });
        let versions = check_responses(&assets);
        is_done.store(true, Relaxed);
        assert!(reloading.join().unwrap() > 1);
        assert_eq!(versions.len(), 2, "{versions:?}");
    });
}

/// Sends at least 600 requests, and continues until two versions appear. Checks that each response uses one version. Returns
/// the versions.
fn check_responses(assets: &Assets) -> std::collections::BTreeSet<String> {
    let inner = |media_type: &'static str| {
        let assets = assets.clone();
        service_fn(move |_: Request<()>| {
            let (in_call, assets) = (versions_and_urls(&assets), assets.clone());
            async move {
                tokio::task::yield_now().await;
                let response = Response::builder()
                    .header("content-type", media_type)
                    .header("x-call", in_call)
                    .header("x-future", versions_and_urls(&assets));
                Ok::<_, Infallible>(response.body(Rendered(assets, 8)).unwrap())
            }
        })
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (version, html) = (VersionLayer::new(assets), HtmlRewriteLayer::new(assets));
    let mut versions = std::collections::BTreeSet::new();
    for round in 0..100_000 {
        if round >= 600 && versions.len() == 2 {
            break;
        }
        let media_type = if round % 2 == 0 { "text/html" } else { "text/plain" };
        let (one, two) = (request("/", &[]), request("/", &[]));
        let response = match round % 3 {
            0 => runtime.block_on(send(version.layer(html.layer(inner(media_type))), one)),
            1 => runtime.block_on(send(html.layer(version.layer(inner(media_type))), two)),
            _ => runtime.block_on(send(version.layer(inner(media_type)), one)),
        };
        let header_version = response.version_and_action().0;
        let expected = format!(
            "[{header_version} /static/a.{header_version}.css {header_version} /static/a.{header_version}.css]"
        );
        assert_eq!((response.header("x-call"), response.header("x-future")), (&*expected, &*expected));
        let body = response.text().replace(response.tag().unwrap_or_default(), "");
        assert_eq!(body, format!("<head>{}", expected.repeat(4)));
        let is_html = media_type == "text/html";
        assert_eq!(response.attribute("data-version"), is_html.then_some(header_version));

        let json =
            runtime.block_on(send(version.layer(inner("text/plain")), request("/_fingerpost/version", &[])));
        assert!(
            json.text().ends_with(&format!(r#""version":"{}"}}"#, json.version_and_action().0)),
            "{json:?}"
        );
        versions.insert(header_version.to_owned());
    }
    versions
}

#[tokio::test]
async fn response_to_a_reload_has_the_new_version() {
    let ((dir, assets), (_other_dir, other)) = (production(), production());
    let layer = VersionLayer::new(&assets);
    for (version, is_own) in [("v2", true), ("v3", false)] {
        let before = assets.app_version().to_string();
        let reload = service_fn(|_: Request<()>| {
            publish(&dir, version);
            let reloaded = assets.reload().unwrap();
            let mut response = build_response(200, &[], "");
            response.extensions_mut().insert(if is_own { reloaded } else { other.snapshot() });
            std::future::ready(Ok::<_, Infallible>(response))
        });
        let response = send(layer.layer(reload), request("/cache/bust", &[])).await;
        assert_eq!(response.version_and_action().0, if is_own { version } else { &before });
    }
}
