//! Runs a server of static files on one thread: `servers KIND DIR PORT`.
//!
//! `DIR` is an output directory of `fingerpost collect --originals --compress gzip,br`, so that all servers find the
//! same names and variants. memory-serve embeds the files at build time: see `build.rs`.

use std::{env, fs, net::SocketAddr};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use fingerpost::{Assets, manifest::Digest};
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

/// A file in memory with the headers of `StaticFiles`, uncompressed and with gzip and Brotli.
struct FixedFile {
    path: String,
    variants: [FixedVariant; 3],
}

struct FixedVariant {
    etag: String,
    bytes: Bytes,
    /// The headers of a 200, in the order of `StaticFiles`.
    headers: Vec<(&'static str, String)>,
}

/// Returns the files at the paths that `StaticFiles` serves.
fn fixed_files(dir: &str) -> Result<Vec<FixedFile>> {
    let assets = Assets::production(dir)?;
    let mut files = Vec::new();
    for (name, media_type) in
        [("app.css", "text/css; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8")]
    {
        let variant = |encoding: &str, extension| -> Result<_> {
            let bytes = Bytes::from(fs::read(format!("{dir}/{name}{extension}"))?);
            let etag = format!("\"{}\"", &Digest::from_content(&bytes).to_string()[..32]);
            let (last, value) =
                if encoding.is_empty() { ("accept-ranges", "bytes") } else { ("content-encoding", encoding) };
            let headers = vec![
                ("cache-control", "public, max-age=31536000, immutable".into()),
                ("x-content-type-options", "nosniff".into()),
                ("etag", etag.clone()),
                ("content-type", media_type.into()),
                ("content-length", bytes.len().to_string()),
                (last, value.into()),
                ("vary", "Accept-Encoding".into()),
                ("access-control-allow-origin", "*".into()),
            ];
            Ok(FixedVariant { etag, bytes, headers })
        };
        let variants = [variant("", "")?, variant("gzip", ".gz")?, variant("br", ".br")?];
        files.push(FixedFile { path: assets.url(name)?.to_string(), variants });
    }
    Ok(files)
}

/// Returns `true` if a 304 has this header.
fn is_in_304(name: &str) -> bool {
    !name.starts_with("content-") && name != "accept-ranges"
}

/// A file, with the ETag, bytes and headers of each variant in the types of a framework. The third list has the headers of a
/// 304.
type Prepared<N, V> = (String, [(V, Bytes, Vec<(N, V)>, Vec<(N, V)>); 3]);

fn prepare<N, V>(
    files: Vec<FixedFile>,
    name: impl Fn(&'static str) -> N,
    value: impl Fn(&str) -> V,
) -> &'static [Prepared<N, V>] {
    let convert = |variant: FixedVariant| {
        let pair = |(header, text): &(&'static str, String)| (name(header), value(text));
        let full = variant.headers.iter().map(pair).collect();
        let of_304 = variant.headers.iter().filter(|(name, _)| is_in_304(name)).map(pair).collect();
        (value(&variant.etag), variant.bytes, full, of_304)
    };
    files.into_iter().map(|file| (file.path, file.variants.map(convert))).collect::<Vec<_>>().leak()
}

/// Returns the index of the variant for `Accept-Encoding`.
fn variant_index(accepted: Option<&[u8]>) -> usize {
    match accepted {
        Some(b"gzip") => 1,
        Some(b"br") => 2,
        _ => 0,
    }
}

/// Returns a router that sends bytes from memory and inspects only the necessary headers.
fn fixed(dir: &str) -> Result<Router> {
    let value = |text: &str| HeaderValue::from_str(text).expect("a valid value");
    let files = prepare(fixed_files(dir)?, HeaderName::from_static, value);
    let handler = async move |request: Request| respond(files, &request);
    Ok(Router::new().route("/static/{*path}", get(handler)))
}

fn respond(files: &[Prepared<HeaderName, HeaderValue>], request: &Request) -> Response {
    let Some((_, variants)) = files.iter().find(|(path, _)| path == request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepted = request.headers().get(ACCEPT_ENCODING).map(HeaderValue::as_bytes);
    let (etag, bytes, full, of_304) = &variants[variant_index(accepted)];
    let is_known = request.headers().get(IF_NONE_MATCH) == Some(etag);
    let (status, body, headers) = match is_known {
        true => (StatusCode::NOT_MODIFIED, Body::empty(), of_304),
        false => (StatusCode::OK, Body::from(bytes.clone()), full),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

fn actix(kind: &str, dir: &str, address: SocketAddr) -> Result<()> {
    use actix_web::{
        App, HttpServer,
        http::header::{HeaderName, HeaderValue},
        rt::System,
        web,
    };
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
            let value = |text: &str| HeaderValue::from_str(text).expect("a valid value");
            let files = prepare(fixed_files(dir)?, HeaderName::from_static, value);
            let app = move || {
                let handler = async move |request| respond_in_actix(files, &request);
                let get = || web::get().to(handler);
                files.iter().fold(App::new(), |app, (path, _)| app.route(path, get()))
            };
            let server = HttpServer::new(app).workers(1).tcp_nodelay(true).bind(address)?;
            System::new().block_on(server.run())?;
        }
        _ => return Err(format!("unknown server `{kind}`").into()),
    }
    Ok(())
}

fn respond_in_actix(
    files: &[Prepared<actix_web::http::header::HeaderName, actix_web::http::header::HeaderValue>],
    request: &actix_web::HttpRequest,
) -> actix_web::HttpResponse {
    use actix_web::{HttpResponse, http::header};
    let Some((_, variants)) = files.iter().find(|(path, _)| path == request.path()) else {
        return HttpResponse::NotFound().finish();
    };
    let accepted = request.headers().get(header::ACCEPT_ENCODING).map(|value| value.as_bytes());
    let (etag, bytes, full, of_304) = &variants[variant_index(accepted)];
    let is_known = request.headers().get(header::IF_NONE_MATCH) == Some(etag);
    let (mut response, headers) = match is_known {
        true => (HttpResponse::NotModified().finish(), of_304),
        false => (HttpResponse::Ok().body(bytes.clone()), full),
    };
    // actix-web sets `Content-Length` from the size of the body.
    for (name, value) in headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}
