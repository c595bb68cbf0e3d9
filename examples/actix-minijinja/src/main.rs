//! A small site with versioned assets: actix-web and MiniJinja.
//!
//! `cargo run -p actix-minijinja` runs in development mode: each URL has the current hash of its file.
//! `cargo run -p actix-minijinja -- --production` runs `collect` first and serves hashed names.

use std::{env, net::TcpListener};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context as _;
use fingerpost::{Assets, Mode};
use fingerpost_actix::{StaticFiles, VersionLayer};
use fingerpost_collect::{CollectConfig, collect};
use minijinja::{Environment, Value, context, path_loader};

/// The name and the length in kilometers of each walk.
const WALKS: [(&str, f64); 3] = [("Beacon ridge", 14.5), ("Gorse valley", 8.0), ("Mill and weir", 4.2)];

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let mode = if env::args().any(|arg| arg == "--production") { Mode::Production } else { Mode::Dev };
    if mode == Mode::Production {
        // A deploy runs `fingerpost collect static --out dist/static` before the program starts.
        collect(&CollectConfig::new("dist/static").source("static"))?;
    }
    let assets = Assets::builder().source("static").collected("dist/static").mode(mode).build()?;

    let mut env = Environment::new();
    env.set_loader(path_loader("templates")); // reads a template again after an edit
    fingerpost_minijinja::register(&mut env, &assets);
    let templates = web::Data::new(env);

    let files = StaticFiles::new(&assets); // all workers share one cache
    let server = HttpServer::new(move || {
        App::new()
            .app_data(templates.clone())
            .route("/", web::get().to(home))
            .route("/about", web::get().to(about))
            .service(files.clone())
            .wrap(VersionLayer::new(&assets))
    });
    let listener = listen()?;
    println!("http://{}", listener.local_addr()?);
    // Without `tcp_nodelay`, the second packet of a response is delayed by up to 40 ms.
    server.tcp_nodelay(true).listen(listener)?.run().await?;
    Ok(())
}

fn listen() -> anyhow::Result<TcpListener> {
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    TcpListener::bind(&address).with_context(|| {
        format!("cannot listen on {address}; choose another address: ADDRESS=127.0.0.1:3001 cargo run …")
    })
}

type Templates = web::Data<Environment<'static>>;

async fn home(templates: Templates) -> HttpResponse {
    let walks: Vec<_> = WALKS.into_iter().map(|(name, km)| context! { name, km }).collect();
    render(&templates, "home.html", context! { walks })
}

async fn about(templates: Templates) -> HttpResponse {
    render(&templates, "about.html", context! {})
}

/// Renders a page. Shows errors in the browser, for development. A public site logs errors instead.
fn render(templates: &Environment<'_>, name: &str, values: Value) -> HttpResponse {
    match templates.get_template(name).and_then(|template| template.render(values)) {
        Ok(page) => HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page),
        Err(err) => HttpResponse::InternalServerError().body(format!("{err:#}")),
    }
}
