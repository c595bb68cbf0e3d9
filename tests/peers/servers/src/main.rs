//! Runs a server of static files on one thread: `servers KIND DIR PORT`.
//!
//! `DIR` is an output directory of `fingerpost collect --originals --compress gzip,br`, so that all servers find the same
//! names and variants. memory-serve embeds its files in `build.rs`.

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
    if kind == "actix-files" {
        return actix(dir.clone(), address);
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

/// Returns a handler that sends bytes from memory and inspects only the necessary headers.
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

fn actix(dir: String, address: SocketAddr) -> Result<()> {
    use actix_web::{App, HttpServer};
    actix_web::rt::System::new().block_on(
        HttpServer::new(move || App::new().service(actix_files::Files::new("/static", &dir)))
            .workers(1)
            .bind(address)?
            .run(),
    )?;
    Ok(())
}
