use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use actix_web::{
    Error,
    dev::{
        AppService, HttpServiceFactory, ResourceDef, Service, ServiceFactory, ServiceRequest,
        ServiceResponse, Url,
    },
    http::header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE, HOST, HeaderName, REFERER, USER_AGENT},
};
use fingerpost::Assets;
use fingerpost_http::AssetServer;
use http::request;

use crate::{
    convert::{from_uncloned, into_response, request_parts_at},
    response_future::{ResponseFuture, blocking},
};

/// Serves assets with their caching headers, in every mode and for every strategy.
///
/// `App::service` mounts the service at the path of the base URL, which [`Assets::mount_path`] returns. Files in memory are
/// sent immediately. Other files are read on the blocking threads of the worker. Requests with other methods than GET and HEAD
/// get a 405.
///
/// Create the service before `HttpServer::new`, and add a clone to each `App`: clones share one cache.
///
/// For other settings, build an [`AssetServer`] and convert it:
/// `StaticFiles::from(AssetServer::new(&assets).cache_capacity(0))`.
///
/// ```
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("app.css"), "body{}")?;
/// use actix_web::{App, test};
/// use fingerpost::Assets;
/// use fingerpost_actix::StaticFiles;
///
/// let assets = Assets::dev(dir.path())?;
/// let app = test::init_service(App::new().service(StaticFiles::new(&assets))).await;
///
/// let url = assets.url("app.css")?;
/// let request = test::TestRequest::get().uri(&url).to_request();
/// let response = test::call_service(&app, request).await;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers().get("cache-control").unwrap(), "public, max-age=31536000, immutable");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct StaticFiles {
    server: AssetServer,
    mount: String,
    /// `true` for one asset at one path: paths below the mount then reach other routes.
    is_file: bool,
}

impl StaticFiles {
    /// Returns a service with the defaults of [`AssetServer`]. For other settings, use `from`.
    pub fn new(assets: &Assets) -> Self {
        AssetServer::new(assets).into()
    }

    /// Returns a service for one asset at one URL. Responses have the current bytes of the asset and are `no-cache`.
    ///
    /// Use this service for URLs that browsers or other programs expect, such as `/favicon.ico`, `/robots.txt` and
    /// `/sw.js`. The URL is `/` followed by the asset path. [`at`](Self::at) sets another URL. See [`AssetServer::file`].
    ///
    /// ```
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # std::fs::create_dir(dir.path().join("img"))?;
    /// # for file in ["img/favicon.ico", "sw.js"] { std::fs::write(dir.path().join(file), "x")?; }
    /// use actix_web::{App, test};
    /// use fingerpost::Assets;
    /// use fingerpost_actix::StaticFiles;
    ///
    /// let assets = Assets::dev(dir.path())?;
    /// let app = App::new()
    ///     .service(StaticFiles::new(&assets))
    ///     .service(StaticFiles::file(&assets, "sw.js")?)
    ///     .service(StaticFiles::file(&assets, "img/favicon.ico")?.at("/favicon.ico"));
    ///
    /// let app = test::init_service(app).await;
    /// let response = test::call_service(&app, test::TestRequest::get().uri("/sw.js").to_request()).await;
    /// assert_eq!(response.headers().get("cache-control").unwrap(), "no-cache");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`AssetServer::file`]: an unknown asset is an error.
    pub fn file(assets: &Assets, path: &str) -> Result<Self, fingerpost::Error> {
        let server = AssetServer::file(assets, path)?;
        let mount = mount(&format!("/{}", path.strip_prefix('/').unwrap_or(path)));
        Ok(Self { server, mount, is_file: true })
    }

    /// Sets the path of the mount. Defaults to [`Assets::mount_path`].
    ///
    /// Inside of a `web::scope` the path is relative to the scope: with the base URL `/shop/static/`, mount the service at
    /// `/static` inside of the scope `/shop`.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.mount = mount(path);
        self
    }
}

/// [`AssetServer::paths_include_mount`] has no effect: the mount comes from actix-web.
impl From<AssetServer> for StaticFiles {
    fn from(server: AssetServer) -> Self {
        let mount = mount(server.assets().mount_path());
        Self { server: server.paths_include_mount(false), mount, is_file: false }
    }
}

/// Returns the path without a trailing slash, in the encoding of actix-web's router.
fn mount(path: &str) -> String {
    let path = path.trim_end_matches('/');
    let decoded = path.parse().map_or_else(|_| path.to_owned(), |uri| Url::new(uri).path().to_owned());
    // `{` and `*` have a meaning in the patterns of the router, so a path with these characters stays encoded.
    if path.is_empty() || decoded.contains(['{', '*']) { path.to_owned() } else { decoded }
}

impl HttpServiceFactory for StaticFiles {
    fn register(self, config: &mut AppService) {
        let mount = match (self.is_file, config.is_root()) {
            (true, _) => ResourceDef::new(&*self.mount),
            (false, true) => ResourceDef::root_prefix(&self.mount),
            (false, false) => ResourceDef::prefix(&*self.mount),
        };
        config.register_service(mount, None, self, None);
    }
}

impl ServiceFactory<ServiceRequest> for StaticFiles {
    type Response = ServiceResponse;
    type Error = Error;
    type Config = ();
    type Service = StaticFilesService;
    type InitError = ();
    type Future = Ready<Result<StaticFilesService, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        ready(Ok(StaticFilesService { server: self.server.clone() }))
    }
}

/// The service of [`StaticFiles`] in one worker.
#[derive(Debug)]
pub struct StaticFilesService {
    server: AssetServer,
}

impl Service<ServiceRequest> for StaticFilesService {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> ResponseFuture {
        let parts = parts_below_mount(&request);
        if let Some(response) = self.server.respond_uncloned(&parts) {
            return ResponseFuture::ready(request.into_response(from_uncloned(response)));
        }
        let server = self.server.clone();
        ResponseFuture::boxed(async move {
            let response = blocking(move || server.respond_blocking(&parts)).await;
            Ok(request.into_response(into_response(response)))
        })
    }
}

/// Returns the head of a request, with the path below the mount.
///
/// The router decodes paths, but never a slash, so the path before decoding has the same number of slashes.
fn parts_below_mount(request: &ServiceRequest) -> request::Parts {
    let matched = request.match_info();
    let mount = matched.as_str().len() - matched.unprocessed().len();
    // Bytes are faster to search than characters.
    let slashes = matched.as_str().bytes().take(mount).filter(|byte| *byte == b'/').count();
    let path = request.uri().path().bytes().enumerate();
    let start = path.filter(|(_, byte)| *byte == b'/').nth(slashes).map(|(start, _)| start);
    let path = request.uri().path_and_query().zip(start).map_or("/", |(path, start)| &path.as_str()[start..]);
    request_parts_at(request, path, is_needed)
}

/// Returns `false` for browser headers that do not affect files. Converting all headers takes longer than looking up the
/// file.
fn is_needed(name: &HeaderName) -> bool {
    let is_ignored = matches!(*name, ACCEPT | ACCEPT_LANGUAGE | COOKIE | HOST | REFERER | USER_AGENT);
    !is_ignored && !name.as_str().starts_with("sec-")
}
