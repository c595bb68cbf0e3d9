//! Programs with embedded assets that run as nodes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, body::Body, extract::Request};
use fingerpost_collect::{CollectConfig, collect};
use http::Uri;
use tempfile::TempDir;

use super::nodes::{PAGE, source};
use crate::{
    examples::copy_of,
    tools::{HttpClient, Server, build_outside},
};

/// The programs of the releases `a` and `b`, and of a rollback to `a`.
pub(crate) struct Programs(TempDir);

impl Programs {
    /// Builds the programs. With `keeps`, each program also has the files of the previous program.
    pub(crate) fn build(keeps: bool) -> Self {
        let project = TempDir::new().expect("a temporary directory");
        let file = |path: &str| project.path().join(path);
        // Tests build at the same time in one target directory, so the names of the packages must differ.
        let package = format!("rolling-single-binary-{}", if keeps { "keeping" } else { "alone" });
        copy_of("single-binary", project.path(), &package);
        fs::remove_file(file("build.rs")).expect("a build script");
        fs::write(file("src/main.rs"), include_str!("program.rs")).expect("a writable file");
        fs::write(file("templates/page.html"), PAGE).expect("a writable file");
        let programs = Self(TempDir::new().expect("a temporary directory"));
        for (step, release) in ['a', 'b', 'a'].into_iter().enumerate() {
            let (source, out) = (source(release), TempDir::new().expect("a temporary directory"));
            let config = CollectConfig::new(&out).source(&source).pack(file("static.tar"));
            let previous = file("static.tar").exists() && keeps;
            let config = if previous { config.keep_from(file("static.tar")) } else { config };
            collect(&config).expect("a release");
            let release = format!("profile.dev.package.{package}.debug-assertions=false");
            let build = build_outside(project.path(), &["--config", &release]).expect("a successful build");
            fs::copy(build.program, programs.path(step)).expect("a copy");
        }
        programs
    }

    fn path(&self, step: usize) -> PathBuf {
        Path::new(self.0.path()).join(step.to_string())
    }

    /// Starts a program, and returns a site that forwards all requests to the program.
    pub(crate) fn start(&self, step: usize) -> Router {
        let server = Arc::new(Server::start(&mut std::process::Command::new(self.path(step))));
        let client = Arc::new(HttpClient::default());
        Router::new().fallback(async move |mut request: Request| {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            *request.uri_mut() = server.url(&path).parse::<Uri>().expect("a URL");
            client.send(request).await.map(Body::from)
        })
    }
}
