//! The same site in axum and in actix-web.

use std::{sync::mpsc, thread, time::Duration};

use fingerpost::Assets;
use fingerpost_tower::VersionRouter;

use super::site::{SECRET, page};

/// A server that stops when it is dropped.
pub(crate) struct Server {
    pub(crate) origin: String,
    stop: Option<Box<dyn FnOnce() + Send>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

fn router() -> VersionRouter {
    VersionRouter::new([("v1", "blue"), ("v2", "green")])
        .and_then(|router| router.default_version("v2"))
        .expect("valid versions")
}

pub(super) fn axum(assets: &Assets, urls: Vec<String>, has_layers: bool) -> Server {
    use axum::{
        Router,
        body::Body,
        http::{Response, Uri},
        serve::ListenerExt as _,
    };
    use fingerpost_tower::{
        AssetServer, HtmlRewriteLayer, StaticFiles, VersionEndpointsLayer, VersionLayer, VersionRouterLayer,
    };

    let pages = async move |uri: Uri| {
        let (status, headers, body) = page(uri.path(), &urls);
        let response = Response::builder().status(status);
        let response =
            headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
        response.body(Body::from(body)).expect("a valid response")
    };
    // `nest_service` would remove a second slash after the mount path. actix-web preserves the slash.
    let files = StaticFiles::from(AssetServer::new(assets).paths_include_mount(true));
    let mut app = Router::new().fallback(pages);
    for path in ["/static/", "/static/{*path}"] {
        app = app.route_service(path, files.clone());
    }
    if has_layers {
        app = app
            .layer(HtmlRewriteLayer::new(assets))
            .layer(VersionRouterLayer::from(router()))
            .layer(VersionEndpointsLayer::with_secret(assets, SECRET).expect("a valid secret"))
            .layer(VersionLayer::new(assets));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let listener = listener.tap_io(|tcp| drop(tcp.set_nodelay(true)));
    runtime.spawn(async { axum::serve(listener, app).await });
    Server { origin, stop: Some(Box::new(move || runtime.shutdown_background())) }
}

pub(crate) fn actix(assets: &Assets, urls: Vec<String>, has_layers: bool) -> Server {
    use actix_web::{
        App, HttpRequest, HttpResponse, HttpResponseBuilder, HttpServer, http::StatusCode,
        middleware::Condition, rt::System, web,
    };
    use fingerpost_actix::{
        HtmlRewriteLayer, StaticFiles, VersionEndpointsLayer, VersionLayer, VersionRouterLayer,
    };

    let (assets, files) = (assets.clone(), StaticFiles::new(assets));
    let endpoints = VersionEndpointsLayer::with_secret(&assets, SECRET).expect("a valid secret");
    let (sender, started) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let urls = urls.clone();
                let pages = move |request: HttpRequest| {
                    let (status, headers, body) = page(request.uri().path(), &urls);
                    let mut response =
                        HttpResponseBuilder::new(StatusCode::from_u16(status).expect("a valid status"));
                    for header in headers {
                        response.append_header(*header);
                    }
                    let response: HttpResponse = response.body(body);
                    async { response }
                };
                App::new()
                    .service(files.clone())
                    .default_service(web::to(pages))
                    .wrap(Condition::new(has_layers, HtmlRewriteLayer::new(&assets)))
                    .wrap(Condition::new(has_layers, VersionRouterLayer::from(router())))
                    .wrap(Condition::new(has_layers, endpoints.clone()))
                    .wrap(Condition::new(has_layers, VersionLayer::new(&assets)))
            });
            // On a busy machine, clients may be idle for longer than the 5 s that actix-web waits by default.
            let server = server
                .workers(1)
                .tcp_nodelay(true)
                .keep_alive(Duration::from_secs(600))
                .client_request_timeout(Duration::ZERO)
                .disable_signals()
                .bind("127.0.0.1:0")
                .expect("a free port");
            let address = server.addrs()[0];
            let server = server.run();
            sender.send((address, server.handle())).expect("the test receives the address");
            server.await.expect("the server runs");
        });
    });
    let (address, handle) = started.recv().expect("the server has started");
    // `stop` sends the command immediately, even if the future is not awaited.
    let stop = Box::new(move || drop(handle.stop(false)));
    Server { origin: format!("http://{address}"), stop: Some(stop) }
}
