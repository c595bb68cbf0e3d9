use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use fingerpost::{Assets, Error};
use fingerpost_http::{AssetServer, Content};
use http::{Request, Response};
use tower_service::Service;

use crate::{content_body::ContentBody, maybe_blocking::MaybeBlocking};

/// Serves assets with their caching headers, in every mode and for every strategy.
///
/// Mount the service at the path of the base URL, [`Assets::mount_path`]. By default, request paths are relative to the mount,
/// as in axum's `nest_service`. Files in memory are sent immediately. Other files are read on tokio's blocking threads.
/// Requests with other methods than GET and HEAD get a 405.
///
/// For other settings, build an [`AssetServer`] and convert it:
/// `StaticFiles::from(AssetServer::new(&assets).paths_include_mount(true))`.
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
/// let response = app.oneshot(Request::get(&*url).body(Body::empty())?).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// `call`, and polling a response body, panic outside of a tokio runtime if a file must be read.
#[derive(Debug, Clone)]
pub struct StaticFiles(AssetServer);

impl StaticFiles {
    /// Returns a service with the defaults of [`AssetServer`]. For other settings, use `from`.
    pub fn new(assets: &Assets) -> Self {
        AssetServer::new(assets).into()
    }

    /// Returns a service for one asset. The service can be mounted at any URL. Responses have the current bytes of the asset
    /// and are `no-cache`.
    ///
    /// Use this service for URLs that browsers or other programs expect, such as `/favicon.ico`, `/robots.txt` and
    /// `/sw.js`. See [`AssetServer::file`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::create_dir(dir.path().join("img"))?;
    /// # for file in ["img/favicon.ico", "robots.txt", "sw.js"] { std::fs::write(dir.path().join(file), "x")?; }
    /// use axum::{Router, body::Body, http::Request};
    /// use fingerpost::Assets;
    /// use fingerpost_tower::StaticFiles;
    /// use tower::ServiceExt as _;
    ///
    /// let assets = Assets::dev(dir.path())?;
    /// let app: Router = Router::new()
    ///     .nest_service("/static", StaticFiles::new(&assets))
    ///     .route_service("/favicon.ico", StaticFiles::file(&assets, "img/favicon.ico")?)
    ///     .route_service("/robots.txt", StaticFiles::file(&assets, "robots.txt")?)
    ///     .route_service("/sw.js", StaticFiles::file(&assets, "sw.js")?);
    ///
    /// let response = app.oneshot(Request::get("/sw.js").body(Body::empty())?).await?;
    /// assert_eq!(response.headers()["cache-control"], "no-cache");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`AssetServer::file`]: an unknown asset is an error.
    pub fn file(assets: &Assets, path: &str) -> Result<Self, Error> {
        AssetServer::file(assets, path).map(Self::from)
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

/// The future of [`StaticFiles`].
#[derive(Debug)]
pub struct StaticFilesFuture(MaybeBlocking<Content>);

impl Future for StaticFilesFuture {
    type Output = Result<Response<ContentBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|response| Ok(response.map(ContentBody::new)))
    }
}
