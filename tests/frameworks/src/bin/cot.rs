//! cot accepts tower layers. The routes of cot have no wildcard, so a layer passes requests to `StaticFiles`.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use cot::{
    App, AppBuilder, Body, Bootstrapper, Project,
    config::ProjectConfig,
    html::Html,
    project::{MiddlewareContext, RegisterAppsContext, RootHandler, RootHandlerBuilder},
    request::Request,
    response::Response,
    router::{Route, Router},
};
use fingerpost::Assets;
use fingerpost_tower::{AssetServer, StaticFiles, VersionLayer};
use tower::{Layer, Service};

struct Site(Assets);

impl Project for Site {
    fn config(&self, _: &str) -> cot::Result<ProjectConfig> {
        Ok(ProjectConfig::dev_default())
    }

    fn register_apps(&self, apps: &mut AppBuilder, _: &RegisterAppsContext) {
        apps.register_with_views(Walks(self.0.clone()), "");
    }

    fn middlewares(&self, handler: RootHandlerBuilder, _: &MiddlewareContext) -> RootHandler {
        let files = StaticFiles::from(AssetServer::new(&self.0).paths_include_mount(true));
        handler.middleware(FilesLayer(files)).middleware(VersionLayer::new(&self.0)).build()
    }
}

struct Walks(Assets);

impl App for Walks {
    fn name(&self) -> &str {
        "walks"
    }

    fn router(&self) -> Router {
        let assets = self.0.clone();
        let home = move || {
            let page = frameworks::page(&assets).map_err(|err| cot::Error::internal(err.to_string()));
            async { page.map(Html::new) }
        };
        Router::with_urls([Route::with_handler("/", home)])
    }
}

#[derive(Clone)]
struct FilesLayer(StaticFiles);

impl<S> Layer<S> for FilesLayer {
    type Service = Files<S>;

    fn layer(&self, inner: S) -> Files<S> {
        Files { inner, files: self.0.clone() }
    }
}

#[derive(Clone)]
struct Files<S> {
    inner: S,
    files: StaticFiles,
}

impl<S> Service<Request> for Files<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !request.uri().path().starts_with("/static/") {
            return Box::pin(self.inner.call(request));
        }
        let response = self.files.call(request);
        Box::pin(async {
            let Ok(response) = response.await;
            Ok(response.map(|body| Body::axum(axum::body::Body::new(body))))
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site(frameworks::assets()?);
    let bootstrapper = Bootstrapper::new(site).with_config(ProjectConfig::dev_default()).boot().await?;
    cot::run(bootstrapper, &frameworks::address()?.to_string()).await?;
    Ok(())
}
