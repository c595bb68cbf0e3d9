use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use fingerpost::Assets;
use fingerpost_http::{AssetServer, Content};
use http::{Request, Response};
use tower_service::Service;

use crate::{content_body::ContentBody, maybe_blocking::MaybeBlocking};

/// Serves assets, in every mode and by every strategy, with caching headers that are never wrong.
///
/// Mount it where the base URL points: [`Assets::mount_path`] says where. What lies in memory is answered at once, all else
/// on tokio's threads for blocking work; it has to be called inside of a tokio runtime.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("app.css"), "body{}")?;
/// use axum::{Router, body::Body, http::Request};
/// use fingerpost::Assets;
/// use fingerpost_tower::StaticFiles;
/// use tower::ServiceExt as _;
///
/// let assets = Assets::dev(dir.path())?;
/// let app: Router = Router::new().nest_service("/static", StaticFiles::new(&assets));
///
/// let url = assets.url("app.css")?;
/// let answer = app.oneshot(Request::get(&*url).body(Body::empty())?).await?;
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
/// # Ok(())
/// # }
/// ```
///
/// # Settings
///
/// [`AssetServer`] has all settings; make a service of it with `from`:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("app.css"), "body{}")?;
/// # let assets = fingerpost::Assets::dev(dir.path())?;
/// use fingerpost_tower::{AssetServer, StaticFiles};
/// use http::Request;
/// use tower::ServiceExt as _;
///
/// let files = StaticFiles::from(AssetServer::new(&assets).paths_include_mount(true));
/// assert_eq!(files.oneshot(Request::get("/static/app.css").body(())?).await?.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct StaticFiles(AssetServer);

impl StaticFiles {
    /// Returns a service with the defaults of [`AssetServer`]. For other settings, use `from`.
    pub fn new(assets: &Assets) -> Self {
        AssetServer::new(assets).into()
    }
}

impl From<AssetServer> for StaticFiles {
    fn from(server: AssetServer) -> Self {
        Self(server)
    }
}

impl<B> Service<Request<B>> for StaticFiles {
    type Response = Response<ContentBody>;
    type Error = Infallible;
    type Future = StaticFilesFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> StaticFilesFuture {
        let (request, _) = request.into_parts();
        StaticFilesFuture(match self.0.respond(&request) {
            Some(response) => MaybeBlocking::ready(response),
            None => {
                let server = self.0.clone();
                MaybeBlocking::blocking(move || server.respond_blocking(&request))
            }
        })
    }
}

/// The answer of [`StaticFiles`].
pub struct StaticFilesFuture(MaybeBlocking<Content>);

impl Future for StaticFilesFuture {
    type Output = Result<Response<ContentBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|response| Ok(response.map(ContentBody::new)))
    }
}

impl fmt::Debug for StaticFilesFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticFilesFuture").finish_non_exhaustive()
    }
}
