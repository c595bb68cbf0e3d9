//! Runs a server of static files on one thread: `servers KIND DIR PORT`.
//!
//! `DIR` is an output directory of `fingerpost collect --originals --compress gzip,br`, so that all servers find the
//! same names and variants. memory-serve embeds the files at build time: see `build.rs`.

use std::{collections::HashMap, env, fs, net::SocketAddr};

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use fingerpost::Assets;
use fingerpost_tower::{AssetServer, StaticFiles};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [kind, dir, port] = &arguments[..] else { return Err("servers KIND DIR PORT".into()) };
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse()?));
    if kind.starts_with("actix") {
        return actix(kind, dir, address);
    }
    let app = match &**kind {
        "fingerpost" => {
            let server = AssetServer::new(&Assets::production(dir)?).paths_include_mount(true);
            Router::new().route_service("/static/{*path}", StaticFiles::from(server))
        }
        "fixed" => fixed(dir)?,
        "servedir" => {
            Router::new().nest_service("/static", ServeDir::new(dir).precompressed_gzip().precompressed_br())
        }
        "memory-serve" => Router::new().nest("/static", memory_serve::load!().into_router()),
        _ => return Err(format!("unknown server `{kind}`").into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?.tap_io(|tcp| drop(tcp.set_nodelay(true)));
        axum::serve(listener, app).await
    })?;
    Ok(())
}

/// Returns a router that sends bytes from memory and inspects only the necessary headers.
fn fixed(dir: &str) -> Result<Router> {
    let mut files = HashMap::new();
    for (name, media_type) in
        [("app.css", "text/css; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8")]
    {
        for (encoding, extension) in [("", ""), ("gzip", ".gz"), ("br", ".br")] {
            let bytes = Bytes::from(fs::read(format!("{dir}/{name}{extension}"))?);
            files.insert((format!("/static/{name}"), encoding), (bytes, media_type));
        }
    }
    let files: &'static HashMap<_, _> = Box::leak(Box::new(files));
    let handler = async move |request: Request| respond(files, &request);
    Ok(Router::new().route("/static/{*path}", get(handler)))
}

fn respond(files: &HashMap<(String, &'static str), (Bytes, &'static str)>, request: &Request) -> Response {
    if request.headers().contains_key(IF_NONE_MATCH) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let encoding = match request.headers().get(ACCEPT_ENCODING).map(HeaderValue::as_bytes) {
        Some(b"br") => "br",
        Some(b"gzip") => "gzip",
        _ => "",
    };
    let Some((bytes, media_type)) = files.get(&(request.uri().path().to_owned(), encoding)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = bytes.clone().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if !encoding.is_empty() {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn actix(kind: &str, dir: &str, address: SocketAddr) -> Result<()> {
    use actix_web::{App, HttpServer, rt::System, web};
    match kind {
        "actix-files" => {
            let dir = dir.to_owned();
            let app = move || App::new().service(actix_files::Files::new("/static", &dir));
            let server = HttpServer::new(app).workers(1).bind(address)?;
            System::new().block_on(server.run())?;
        }
        "actix fingerpost" => {
            let files = fingerpost_actix::StaticFiles::new(&Assets::production(dir)?);
            let server = HttpServer::new(move || App::new().service(files.clone()));
            System::new().block_on(server.workers(1).tcp_nodelay(true).bind(address)?.run())?;
        }
        "actix fixed" => {
            let files = actix_fixed(dir)?;
            let app = move || {
                let handler = async move |request| respond_in_actix(files, &request);
                let get = || web::get().to(handler);
                App::new().route("/static/app.css", get()).route("/static/app.js", get())
            };
            let server = HttpServer::new(app).workers(1).tcp_nodelay(true).bind(address)?;
            System::new().block_on(server.run())?;
        }
        _ => return Err(format!("unknown server `{kind}`").into()),
    }
    Ok(())
}

/// The headers and bytes of a file, by path and encoding.
type FixedResponses =
    HashMap<(String, &'static str), (Vec<(&'static str, actix_web::http::header::HeaderValue)>, Bytes)>;

/// Returns the bytes of each file with the headers that `StaticFiles` sends.
fn actix_fixed(dir: &str) -> Result<&'static FixedResponses> {
    use actix_web::http::header::HeaderValue;
    let fixed = HeaderValue::from_static;
    let mut files = FixedResponses::new();
    for (name, media_type) in
        [("app.css", "text/css; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8")]
    {
        for (encoding, extension) in [("", ""), ("gzip", ".gz"), ("br", ".br")] {
            let bytes = Bytes::from(fs::read(format!("{dir}/{name}{extension}"))?);
            let headers = vec![
                ("cache-control", fixed("public, max-age=31536000, immutable")),
                ("x-content-type-options", fixed("nosniff")),
                ("access-control-allow-origin", fixed("*")),
                ("vary", fixed("Accept-Encoding")),
                ("content-type", fixed(media_type)),
                ("etag", HeaderValue::try_from(format!("\"{:032x}\"", bytes.len()))?),
                if encoding.is_empty() {
                    ("accept-ranges", fixed("bytes"))
                } else {
                    ("content-encoding", fixed(encoding))
                },
            ];
            files.insert((format!("/static/{name}"), encoding), (headers, bytes));
        }
    }
    Ok(Box::leak(Box::new(files)))
}

fn respond_in_actix(files: &FixedResponses, request: &actix_web::HttpRequest) -> actix_web::HttpResponse {
    use actix_web::{HttpResponse, http::header::HeaderName};
    let encoding = match request.headers().get("accept-encoding").map(|value| value.as_bytes()) {
        Some(b"br") => "br",
        Some(b"gzip") => "gzip",
        _ => "",
    };
    let Some((headers, bytes)) = files.get(&(request.path().to_owned(), encoding)) else {
        return HttpResponse::NotFound().finish();
    };
    let is_known = request.headers().contains_key("if-none-match");
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    for (name, value) in headers {
        if !is_known || !name.starts_with("content-") {
            response.insert_header((HeaderName::from_static(name), value.clone()));
        }
    }
    if is_known { response.finish() } else { response.body(bytes.clone()) }
}
