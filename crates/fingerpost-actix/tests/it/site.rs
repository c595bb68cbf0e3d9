//! A site on disk, and requests to an app.

use std::{fs, path::PathBuf};

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse},
    http::{StatusCode, header::HeaderMap},
    test,
};
use bytes::Bytes;
use fingerpost::Assets;
use fingerpost_collect::{CollectConfig, collect};

pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A directory with `static` and `dist`.
pub(crate) struct Site(tempfile::TempDir);

impl Site {
    /// Creates a site with these source files, and collects the files.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        fs::create_dir(site.0.path().join("static")).unwrap();
        for (path, bytes) in files {
            site.write(path, bytes);
        }
        site.collect();
        site
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.0.path().join("static").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    pub(crate) fn collect(&self) {
        let config = CollectConfig::new(self.dist()).source(self.0.path().join("static"));
        collect(&config.compress(["br"])).unwrap();
    }

    pub(crate) fn dist(&self) -> PathBuf {
        self.0.path().join("dist")
    }

    pub(crate) fn production(&self, base_url: &str) -> Assets {
        // Without a base path in the manifest, one output directory works with all base URLs.
        let manifest = self.dist().join("staticfiles.json");
        let text = fs::read_to_string(&manifest).unwrap().replace("\"base_path\": \"/static/\",", "");
        fs::write(manifest, text).unwrap();
        Assets::builder()
            .collected(self.dist())
            .base_url(base_url)
            .mode(fingerpost::Mode::Production)
            .build()
            .unwrap()
    }
}

/// A response with its complete body.
#[derive(Debug)]
pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl TestResponse {
    /// Returns a header as text, or `-` if the header is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("-", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Sends a request to an app.
pub(crate) async fn send<B: MessageBody + 'static>(
    app: App<
        impl ServiceFactory<
            ServiceRequest,
            Response = ServiceResponse<B>,
            Config = (),
            InitError = (),
            Error = Error,
        > + 'static,
    >,
    request: test::TestRequest,
) -> TestResponse {
    let app = test::init_service(app).await;
    let (status, headers, body) = match app.call(request.to_request()).await {
        Ok(response) => {
            let (_, response) = response.into_parts();
            (response.status(), response.headers().clone(), response.into_body().boxed())
        }
        // actix-web's server also converts errors into responses.
        Err(err) => {
            let response = err.error_response();
            (response.status(), response.headers().clone(), response.into_body())
        }
    };
    TestResponse { status, headers, body: actix_web::body::to_bytes(body).await.unwrap() }
}

pub(crate) fn get(path: &str) -> test::TestRequest {
    test::TestRequest::get().uri(path)
}
