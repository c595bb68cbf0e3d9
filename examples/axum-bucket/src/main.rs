//! Two servers render pages, and browsers load the assets from a bucket.
//!
//! The bucket is a directory, and a third server replaces the CDN. Edit `static/css/app.css`: the program publishes a new
//! release, and both servers use the release within a second.

use std::{env, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, extract::State, response::Html, routing::get, serve::ListenerExt as _};
use fingerpost::{Assets, Mode};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_minijinja::register;
use fingerpost_store::{Bucket, BucketStore, PublishConfig, ReleasePoller, RunningPoller, publish};
use minijinja::{Environment, context};
use tokio::{net::TcpListener, time::sleep};
use tower_http::{cors::CorsLayer, services::ServeDir};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Resolve relative paths in the directory of this package, if the directory exists.
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).ok();

    let cdn = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}/", cdn.local_addr()?);
    let files = Router::new().fallback_service(ServeDir::new("dist/bucket")).layer(CorsLayer::permissive());
    tokio::spawn(serve(cdn, files));

    // A deploy publishes to `s3://…`, and needs no `single_writer`.
    let bucket = Bucket::in_dir("dist/bucket")?.single_writer(true);
    deploy(&bucket, &base_url)?;

    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let (first, first_poller) = start_node(&address, &bucket, &base_url).await?;
    let (second, second_poller) = start_node("127.0.0.1:0", &bucket, &base_url).await?;
    println!("{first} and {second} render pages, {base_url} has the assets");
    println!("edit static/css/app.css in {}, and reload a page", env!("CARGO_MANIFEST_DIR"));
    let _pollers = [first_poller, second_poller];
    loop {
        sleep(Duration::from_secs(1)).await;
        let (bucket, base_url) = (bucket.clone(), base_url.clone());
        // `publish` blocks until the store has responded.
        tokio::task::spawn_blocking(move || deploy(&bucket, &base_url)).await??;
    }
}

/// Collects and publishes, like `fingerpost collect` and `fingerpost publish` in a deploy.
fn deploy(bucket: &Bucket, base_url: &str) -> anyhow::Result<()> {
    let out = Path::new("dist/static");
    collect(&CollectConfig::new(out).source("static").base_url(base_url))?;
    let report = publish(&PublishConfig::new(out, bucket.clone()))?;
    if let Some(release) = report.release {
        println!("release {release} is published");
    }
    Ok(())
}

/// Starts a server that reads the manifest from the bucket and uses each new release. Returns the origin of the server.
async fn start_node(
    address: &str,
    bucket: &Bucket,
    base_url: &str,
) -> anyhow::Result<(String, RunningPoller)> {
    let store = BucketStore::new(bucket);
    let assets = Assets::builder().store(store.clone()).base_url(base_url).mode(Mode::Production).build()?;
    let poller = ReleasePoller::new(&assets, &store).interval(Duration::from_secs(1)).start()?;

    let mut env = Environment::new();
    env.add_template("home.html", include_str!("../templates/home.html"))?;
    register(&mut env, &assets);
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| {
        format!("cannot listen on {address}; choose another address: ADDRESS=127.0.0.1:3001 cargo run …")
    })?;
    let origin = format!("http://{}", listener.local_addr()?);
    let app = Router::new().route("/", get(home)).with_state(Arc::new((env, origin.clone())));
    tokio::spawn(serve(listener, app));
    Ok((origin, poller))
}

async fn serve(listener: TcpListener, app: Router) -> std::io::Result<()> {
    // Without `set_nodelay`, the second packet of a response is delayed by up to 40 ms.
    axum::serve(listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app).await
}

/// The templates and the origin of a server.
type Node = Arc<(Environment<'static>, String)>;

async fn home(State(node): State<Node>) -> Result<Html<String>, String> {
    let (env, origin) = &*node;
    let page = env.get_template("home.html").and_then(|page| page.render(context! { origin }));
    page.map(Html).map_err(|err| format!("{err:#}"))
}
