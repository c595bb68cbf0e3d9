use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use fingerpost::{Assets, Snapshot};
use fingerpost_tower::HtmlRewriteLayer;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower::{Layer, Service, service_fn};

use super::{HTML, PAGE, build_response, production, publish, request, rewrite, text};

/// A body that contains the current URL at the time of the first poll.
struct CurrentUrl(Assets, bool);

impl Body for CurrentUrl {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let is_done = std::mem::replace(&mut self.1, true);
        Poll::Ready((!is_done).then(|| Ok(Frame::data(current_url(&self.0).into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

fn current_url(assets: &Assets) -> String {
    assets.url("a.css").unwrap().to_string()
}

#[tokio::test]
async fn response_uses_one_release_throughout() {
    let (dir, assets) = production();
    for (media_type, outermost) in [("text/html", "a.1.css"), ("text/plain", "a.2.css")] {
        let reload = |hashed: &str| {
            publish(&dir, hashed);
            assets.reload().unwrap();
        };
        let inner = service_fn(|request: Request<()>| {
            let (in_call, assets) = (current_url(&assets), assets.clone());
            let snapshot = request.extensions().get::<Snapshot>().unwrap().clone();
            async move {
                tokio::task::yield_now().await;
                let body = CurrentUrl(assets.clone(), false);
                let response =
                    Response::builder().header("content-type", media_type).header("x-call", in_call);
                let response = response
                    .header("x-future", current_url(&assets))
                    .header("x-snapshot", &*snapshot.url("a.css").unwrap());
                Ok::<_, Infallible>(response.body(body).unwrap())
            }
        });
        let mut service = HtmlRewriteLayer::new(&assets).layer(HtmlRewriteLayer::new(&assets).layer(inner));
        let call = service.call(request(&[]));
        reload("a.9.css");
        let response = call.await.unwrap();
        for name in ["x-call", "x-future", "x-snapshot"] {
            assert_eq!(response.headers()[name], format!("/static/{outermost}").as_str(), "{name}");
        }
        assert_eq!(text(response).await, format!("/static/{outermost}"));
        assert_eq!(current_url(&assets), "/static/a.9.css");
        reload("a.2.css");
    }
}

#[tokio::test]
async fn outer_snapshot_is_reused_if_it_belongs_to_the_same_assets() {
    let ((dir, assets), (_other_dir, other)) = (production(), production());
    let before = assets.snapshot();
    publish(&dir, "a.2.css");
    assets.reload().unwrap();
    for (snapshot, expected) in [(before, "a.1.css"), (other.snapshot(), "a.2.css")] {
        let mut request = request(&[]);
        request.extensions_mut().insert(snapshot);
        let response = rewrite(&assets, request, build_response(&[HTML], PAGE)).await;
        assert_eq!(text(response).await, PAGE.replace("a.css", expected));
    }
}
