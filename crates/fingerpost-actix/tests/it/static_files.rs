//! Mounts and bodies of `StaticFiles`.

use actix_web::{App, body::BodySize, body::MessageBody as _, dev::Service as _, test, web};
use fingerpost_actix::{AssetServer, StaticFiles};

use crate::site::{IMMUTABLE, Site, get, send};

#[actix_web::test]
async fn files_are_mounted_at_the_path_of_the_base_url() {
    let site = Site::new(&[("css/a b.css", b"body{}")]);
    for base in ["/static/", "/", "/a/b/", "/st%C3%A4tic/", "https://cdn.example.com/x/"] {
        let assets = site.production(base);
        let path = assets.url("css/a b.css").unwrap().replace("https://cdn.example.com", "");
        let response = send(App::new().service(StaticFiles::new(&assets)), get(&path)).await;
        assert_eq!((response.status.as_u16(), response.header("cache-control")), (200, IMMUTABLE), "{path}");
        assert_eq!(response.text(), "body{}", "{path}");
    }
}

#[actix_web::test]
async fn mount_path_is_configurable_inside_and_outside_of_a_scope() {
    let site = Site::new(&[("app.css", b"body{}")]);
    let assets = site.production("/shop/static/");
    let url = assets.url("app.css").unwrap();
    let files = StaticFiles::new(&assets);
    let scope = web::scope("/shop").service(files.clone().at("/static"));
    assert_eq!(send(App::new().service(scope), get(&url)).await.status, 200);
    let scope = web::scope("/shop/static").service(files.clone().at(""));
    assert_eq!(send(App::new().service(scope), get(&url)).await.status, 200);

    let below_proxy = url.replace("/shop", "");
    let response = send(App::new().service(files.clone().at("/static/")), get(&below_proxy)).await;
    assert_eq!((response.status.as_u16(), response.header("cache-control")), (200, IMMUTABLE));
    let server = AssetServer::new(&assets).paths_include_mount(true);
    assert_eq!(send(App::new().service(StaticFiles::from(server)), get(&url)).await.status, 200);
}

#[actix_web::test]
async fn single_file_is_served_at_its_url_only() {
    let site = Site::new(&[("js/sw.js", b"self.x = 1"), ("app.css", b"body{}")]);
    let assets = site.production("/static/");
    let app = || {
        App::new()
            .service(StaticFiles::new(&assets))
            .service(StaticFiles::file(&assets, "app.css").unwrap())
            .service(web::scope("/in").service(StaticFiles::file(&assets, "js/sw.js").unwrap().at("/a.js")))
            .service(StaticFiles::file(&assets, "js/sw.js").unwrap().at("/sw.js"))
            .default_service(web::to(async || actix_web::HttpResponse::NoContent()))
    };
    for (path, text) in [("/sw.js", "self.x = 1"), ("/in/a.js?v=1", "self.x = 1"), ("/app.css", "body{}")] {
        let response = send(app(), get(path)).await;
        assert_eq!((response.status.as_u16(), response.header("cache-control")), (200, "no-cache"), "{path}");
        assert_eq!(response.text(), text, "{path}");
        assert!(!response.header("etag").is_empty(), "{path}");
    }
    for path in ["/sw.js/", "/sw.js/a", "/js/sw.js", "/a/sw.js", "/in/sw.js"] {
        assert_eq!(send(app(), get(path)).await.status, 204, "{path}");
    }
    let error = StaticFiles::file(&assets, "swe.js").unwrap_err().to_string();
    assert!(error.starts_with("asset `swe.js` was not found"), "{error}");
}

#[actix_web::test]
async fn paths_outside_of_the_mount_reach_other_routes() {
    let site = Site::new(&[("app.css", b"body{}")]);
    let assets = site.production("/static/");
    for (path, status) in [
        ("/static/nope", 404),
        ("/static", 404),
        ("/static/", 404),
        ("/static?x=/app.css", 404),
        ("/staticfiles", 204),
        ("/", 204),
        ("//static/app.css", 204),
    ] {
        let app = App::new()
            .service(StaticFiles::new(&assets))
            .default_service(web::to(async || actix_web::HttpResponse::NoContent()));
        assert_eq!(send(app, get(path)).await.status.as_u16(), status, "{path}");
    }
}

#[actix_web::test]
async fn only_get_and_head_are_allowed() {
    let site = Site::new(&[("app.css", b"body{}")]);
    let assets = site.production("/static/");
    let app = App::new().service(StaticFiles::new(&assets));
    let response = send(app, test::TestRequest::post().uri("/static/app.css")).await;
    assert_eq!((response.status.as_u16(), response.header("allow")), (405, "GET, HEAD"));
}

#[actix_web::test]
async fn bodies_have_the_right_size_and_are_not_copied() {
    let large = vec![b'x'; 300 * 1024];
    let site = Site::new(&[("app.css", b"body{}"), ("large.bin", &large), ("empty.txt", b"")]);
    let assets = site.production("/static/");
    let app = test::init_service(App::new().service(StaticFiles::new(&assets))).await;
    let call = async |method: &str, name: &str, range: &'static str| {
        let request = test::TestRequest::with_uri(&assets.url(name).unwrap()).insert_header(("range", range));
        let request = request.method(method.parse().unwrap()).to_request();
        app.call(request).await.unwrap().into_body()
    };
    for (method, name, range, size, sent) in [
        ("GET", "app.css", "", 6, 6),
        ("HEAD", "app.css", "", 6, 0),
        ("GET", "large.bin", "", large.len(), large.len()),
        ("HEAD", "large.bin", "", large.len(), 0),
        ("GET", "large.bin", "bytes=7-300006", 300_000, 300_000),
        ("GET", "empty.txt", "", 0, 0),
    ] {
        let body = call(method, name, range).await;
        assert_eq!(body.size(), BodySize::Sized(size as u64), "{method} {name} {range}");
        assert_eq!(actix_web::body::to_bytes(body).await.unwrap().len(), sent, "{method} {name} {range}");
    }
    let [one, two] = [call("GET", "app.css", "").await, call("GET", "app.css", "").await];
    assert_eq!(one.try_into_bytes().unwrap().as_ptr(), two.try_into_bytes().unwrap().as_ptr());
}

#[actix_web::test]
async fn a_304_has_no_body_and_no_length() {
    let site = Site::new(&[("app.css", b"body{}")]);
    let assets = site.production("/static/");
    let app = test::init_service(App::new().service(StaticFiles::new(&assets))).await;
    let request = get(&assets.url("app.css").unwrap()).insert_header(("if-none-match", "*")).to_request();
    let response = app.call(request).await.unwrap();
    assert_eq!(response.status(), 304);
    assert_eq!(response.headers().get("cache-control").unwrap(), IMMUTABLE);
    assert_eq!(response.into_body().size(), BodySize::None);
}

#[actix_web::test]
async fn file_changed_during_transfer_ends_in_a_body_error() {
    let site = Site::new(&[("large.bin", &vec![b'x'; 3 * 1024 * 1024])]);
    let assets = site.production("/static/");
    let url = assets.url("large.bin").unwrap();
    let app = test::init_service(App::new().service(StaticFiles::new(&assets))).await;
    let body = app.call(get(&url).to_request()).await.unwrap().into_body();
    std::fs::write(site.dist().join(&url["/static/".len()..]), "short").unwrap();
    assert!(actix_web::body::to_bytes(body).await.is_err(), "a truncated body was reported as complete");
}
