//! What the examples share: static files, flags and the server. Each example adds `Assets`, an engine and pages.

mod program;

use std::{
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use axum::{
    Router,
    http::{StatusCode, Uri},
    response::{Html, IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use clap::Parser;
use fingerpost::Mode;
use fingerpost_tower::StaticFiles;
use tokio::net::TcpListener;

pub use program::collect;

/// A small site that shows Fingerpost at work.
#[derive(Parser)]
struct Args {
    /// Serve as in production
    #[arg(long)]
    production: bool,
    /// Listen on this port; 0 takes any free one [default: 3000, or any free one if that is busy]
    #[arg(long, overrides_with = "port")]
    port: Option<u16>,
}

/// What a template is rendered with.
#[derive(Debug, Clone)]
pub struct Page {
    /// The file in `templates/`.
    pub template: &'static str,
    /// The title of the document.
    pub title: &'static str,
    /// The path that the browser asked for.
    pub path: String,
    /// `development` or `production`.
    pub mode: &'static str,
}

/// A site that listens and does not answer yet.
#[derive(Debug)]
pub struct Site {
    /// Where it listens, such as `http://127.0.0.1:3000`.
    pub address: String,
    /// Where the static files are written.
    pub static_dir: PathBuf,
    /// Where production collects them.
    pub dist_dir: PathBuf,
    /// [`Mode::Production`] with `--production`, otherwise [`Mode::Dev`].
    pub mode: Mode,
    listener: TcpListener,
}

impl Site {
    /// Reads the command line and listens.
    pub async fn open(example: &str) -> anyhow::Result<Self> {
        let args = Args::parse();
        let listener = listen(args.port).await?;
        let static_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../axum-minijinja/static");
        let dist_dir = Path::new(example).join("dist/static");
        Ok(Self {
            address: format!("http://{}", listener.local_addr()?),
            static_dir,
            dist_dir,
            mode: if args.production { Mode::Production } else { Mode::Dev },
            listener,
        })
    }

    /// In production, collects the static files into `dist/` of the example.
    pub fn collect(&self) -> anyhow::Result<()> {
        if self.mode == Mode::Production {
            collect([self.static_dir.as_os_str()], &self.dist_dir)
        } else {
            Ok(())
        }
    }

    /// Serves the static files, and the pages as `render` makes them.
    pub async fn serve<R>(self, files: StaticFiles, render: R) -> anyhow::Result<()>
    where
        R: Fn(Page) -> anyhow::Result<String> + Send + Sync + 'static,
    {
        let mode = if self.mode == Mode::Production { "production" } else { "development" };
        let answer = Arc::new(move |template, title, uri: &Uri| {
            let page = Page { template, title, path: uri.path().to_owned(), mode };
            render(page).map(Html).map_err(RenderError)
        });
        let page = |template, title| {
            let answer = Arc::clone(&answer);
            get(move |uri: Uri| async move { answer(template, title, &uri) })
        };
        let app = Router::new()
            .route("/", page("home.html", "Fingerpost: every asset, pointed the right way"))
            .route("/how", page("how.html", "How Fingerpost works"))
            .nest_service("/static", files)
            .fallback(move |uri: Uri| async move {
                (StatusCode::NOT_FOUND, answer("not_found.html", "No such page", &uri))
            });
        self.run(app).await
    }

    /// Serves whatever the example answers.
    pub async fn run(self, app: Router) -> anyhow::Result<()> {
        writeln!(io::stderr(), "Stop with Ctrl-C.")?;
        writeln!(io::stdout(), "{}", self.address)?;
        // Without it, what is written in two pieces waits 40 ms for an acknowledgement.
        axum::serve(self.listener.tap_io(|tcp| drop(tcp.set_nodelay(true))), app).await?;
        Ok(())
    }
}

async fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let wanted = port.unwrap_or(3000);
    match TcpListener::bind(("127.0.0.1", wanted)).await {
        Err(err) if port.is_none() && err.kind() == ErrorKind::AddrInUse => {
            writeln!(io::stderr(), "Port {wanted} is busy, taking a free one.")?;
            Ok(TcpListener::bind("127.0.0.1:0").await?)
        }
        listener => listener.with_context(|| format!("cannot listen on port {wanted}")),
    }
}

/// Shows a developer what is wrong in a template, down to the first cause.
struct RenderError(anyhow::Error);

impl IntoResponse for RenderError {
    fn into_response(self) -> Response {
        let mut causes: Vec<_> = self.0.chain().map(ToString::to_string).collect();
        causes.dedup_by(|cause, message| message.contains(&*cause));
        (StatusCode::INTERNAL_SERVER_ERROR, causes.join("\ncaused by: ")).into_response()
    }
}
