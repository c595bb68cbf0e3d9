//! The recorded sites. Only this file uses the public API of Fingerpost, so the rename of a public item changes only
//! this file.

use std::{path::Path, sync::Arc};

use axum::{Router, extract::Request, middleware};
use fingerpost::{Assets, AssetsBuilder, Error, Mode, OnMissing, Settings, Strategy, Token};
use fingerpost_tower::{
    AssetServer, CachePolicy, CspNonce, HtmlRewriteLayer, OnMismatch, StaticFiles, VersionEndpoints,
    VersionEndpointsLayer, VersionLayer, VersionMiddleware, VersionRouter, VersionRouterLayer,
};

const SECRET: &str = "correct horse battery staple";
const VERSIONS: [(&str, &str); 2] = [("v1", "blue"), ("v1.2", "green")];

/// A function that returns the results of all lookups for an asset path.
pub type Resolve = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Returns the sites by name. `root` is the working directory, with `static`, `overlay`, `dist`, `dist-cdn` and
/// `templates`. `pages` returns the routes of a site.
pub fn sites(root: &Path, pages: impl Fn(Resolve) -> Router) -> Result<Vec<(&'static str, Router)>, Error> {
    let (development, production) = (builder(root, Mode::Dev), builder(root, Mode::Production));
    let token = |token| {
        builder(root, Mode::Production).base_url("/static/{breaker}/").strategy(Strategy::PathToken(token))
    };
    let commit = Token::opaque("3f2a91b")?.previous(["9c01d22"])?;
    let mut sites = Vec::new();
    for (name, assets) in [
        ("development", development),
        ("production", production),
        (
            "version-query",
            builder(root, Mode::Production).strategy(Strategy::VersionQuery).app_version("v1.2+b"),
        ),
        ("token-ordered", token(Token::ordered(1000)?)),
        ("token-opaque", token(commit)),
        (
            "development-lenient",
            builder(root, Mode::Dev)
                .dev_version_query(false)
                .on_missing(OnMissing::Plain)
                .origin("https://site.example"),
        ),
        (
            "development-token",
            token(Token::ordered(7)?).mode(Mode::Dev).strategy_in_dev(true).hidden(true).ignore(["*.svg"]),
        ),
    ] {
        sites.push((name, default_site(&assets.build()?, &pages)?));
    }
    let cdn = builder(root, Mode::Production)
        .collected(root.join("dist-cdn"))
        .base_url("https://cdn.example.com/a/")
        .app_version("v1.2")
        .build()?;
    sites.push(("settings", settings(&cdn, &pages)?));
    sites.push(("routed", routed(&builder(root, Mode::Dev).app_version("v1.2").build()?, &pages)?));
    Ok(sites)
}

fn builder(root: &Path, mode: Mode) -> AssetsBuilder {
    Assets::builder()
        .source(root.join("static"))
        .source_at("vendor", root.join("overlay"))
        .collected(root.join("dist"))
        .component("templates", ["templates/page.html"])
        .mode(mode)
}

/// Returns a site with every layer and default settings.
fn default_site(assets: &Assets, pages: impl Fn(Resolve) -> Router) -> Result<Router, Error> {
    Ok(pages(resolve(assets))
        .layer(HtmlRewriteLayer::new(assets))
        .nest_service("/static", StaticFiles::new(assets))
        .layer(VersionEndpointsLayer::with_secret(assets, SECRET)?)
        .layer(VersionLayer::new(assets)))
}

/// Returns a site in which every setting of the layers differs from its default.
fn settings(assets: &Assets, pages: impl Fn(Resolve) -> Router) -> Result<Router, Error> {
    let files = AssetServer::new(assets)
        .unversioned_policy(CachePolicy::Seconds(60))
        .allow_any_origin(false)
        .paths_include_mount(true)
        .max_cached_file(1000)
        .cache_capacity(0);
    let no_cache = AssetServer::new(assets).unversioned_policy(CachePolicy::NoCache);
    let endpoints = VersionEndpoints::new(assets, None).paths("state", "/bust");
    let middleware = VersionMiddleware::new(assets);
    let middleware = middleware.header(false).on_mismatch(OnMismatch::Prompt).client_path("/client")?;
    Ok(pages(resolve(assets))
        .route_service("/a/{*path}", StaticFiles::from(files))
        .nest_service("/static", StaticFiles::from(no_cache))
        .layer(HtmlRewriteLayer::new(assets))
        .layer(VersionEndpointsLayer::from(endpoints))
        .layer(VersionLayer::from(middleware))
        .layer(middleware::from_fn(async |mut request: Request, next: middleware::Next| {
            let nonce = request.headers().get("x-nonce").and_then(|nonce| nonce.to_str().ok());
            if let Some(nonce) = nonce.map(|nonce| CspNonce(nonce.to_owned())) {
                request.extensions_mut().insert(nonce);
            }
            next.run(request).await
        })))
}

/// Returns a site behind a version router with two versions. Below `/named`, headers and cookies have custom names.
fn routed(assets: &Assets, pages: impl Fn(Resolve) -> Router) -> Result<Router, Error> {
    let named = VersionRouter::new(VERSIONS)?
        .version_header("X-Shop-Version")?
        .target_header("X-Route-To")?
        .served_header("X-Shop-Served")?
        .cookie_name("shop_version")?
        .cookie_path("/named")?
        .cookie_domain("example.com")?;
    let site = |mismatch| -> Result<Router, Error> {
        Ok(pages(resolve(assets))
            .nest_service("/static", StaticFiles::new(assets))
            .layer(VersionEndpointsLayer::without_bust(assets))
            .layer(VersionLayer::new(assets).on_mismatch(mismatch)))
    };
    let router = VersionRouter::new(VERSIONS)?.default_version("v1.2")?;
    Ok(Router::new()
        .nest("/named", site(OnMismatch::Warn)?.layer(VersionRouterLayer::from(named)))
        .nest("/quiet", site(OnMismatch::Ignore)?)
        .merge(site(OnMismatch::Reload)?.layer(VersionRouterLayer::from(router))))
}

fn resolve(assets: &Assets) -> Resolve {
    let assets = assets.clone();
    Arc::new(move |path| {
        let text = |result: Result<String, Error>| match result {
            Ok(text) => text,
            Err(err) => format!("{:?}: {err}", err.kind()),
        };
        if path.is_empty() {
            let (snapshot, version) = (assets.snapshot(), assets.app_version());
            let mut lines = vec![
                format!("{} from {}", &*version, version.source().as_str()),
                format!("{:?} {:?}", assets.mode(), assets.strategy()),
                format!("at {}, mounted at {}", assets.base_url(), assets.mount_path()),
                format!("components {:?}", snapshot.components().collect::<Vec<_>>()),
            ];
            lines.extend(assets.iter().map(|(path, url)| format!("{path} -> {url}")));
            return lines.join("\n");
        }
        [
            text(assets.url(path).map(|url| format!("{url} inert {}", url.is_html_inert()))),
            text(assets.absolute_url(path).map(|url| url.to_string())),
            text(assets.integrity(path).map(|hash| hash.to_string())),
            text(assets.snapshot().try_url(path).map(|url| format!("{:?}", url.map(|url| url.to_string())))),
            format!("{:?}", assets.snapshot().hashed_path(path)),
        ]
        .join("\n")
    })
}

/// Returns the errors of invalid configurations.
pub fn errors(root: &Path) -> Vec<String> {
    let site = |mode| builder(root, mode);
    let production = || site(Mode::Production);
    let in_dev = site(Mode::Dev).build().expect("a site in development");
    let settings = |text: &str| {
        let file = root.join("wrong.toml");
        std::fs::write(&file, text).expect("a settings file");
        Settings::read(&file).map(|settings| format!("{settings:?}"))
    };
    let built = |builder: AssetsBuilder| builder.build().map(|assets| format!("{assets:?}"));
    let token = |token: Result<Token, Error>| token.map(|token| format!("{token:?}"));
    let router = |router: Result<VersionRouter, Error>| router.map(|_| String::new());
    let named = || VersionRouter::new(VERSIONS);
    let results = [
        built(Assets::builder().mode(Mode::Dev)),
        built(Assets::builder().mode(Mode::Production)),
        built(Assets::builder().mode(Mode::Dev).source(root.join("nope"))),
        built(site(Mode::Dev).source_at("../up", root)),
        built(site(Mode::Dev).ignore(["a[b"])),
        built(site(Mode::Dev).component("", [root.join("templates/page.html")])),
        built(site(Mode::Dev).component("templates", [root.join("templates/nope.html")])),
        built(site(Mode::Dev).app_version("a b")),
        built(site(Mode::Dev).app_version("x".repeat(300))),
        built(site(Mode::Dev).origin("site.example")),
        built(site(Mode::Dev).origin("https://site.example/a/")),
        built(site(Mode::Dev).base_url("static")),
        built(site(Mode::Dev).base_url("/a?b/")),
        built(site(Mode::Dev).base_url("/<a>/")),
        built(site(Mode::Dev).base_url("ftp://a/")),
        built(site(Mode::Dev).base_url("/../")),
        built(production().collected(root.join("nope"))),
        built(production().collected(root.join("static"))),
        built(production().base_url("/other/")),
        built(production().strategy(Strategy::VersionQuery).app_version("dev")),
        built(production().base_url("/{breaker}/")),
        built(production().strategy(Strategy::PathToken(Token::ordered(1).expect("a token")))),
        token(Token::ordered("1a")),
        token(Token::opaque("a/b")),
        token(Token::opaque("")),
        token(Token::opaque("a").and_then(|token| token.previous(["a b"]))),
        VersionEndpointsLayer::with_secret(&in_dev, "short").map(|_| String::new()),
        VersionEndpointsLayer::new(&in_dev).map(|_| "no secret".to_owned()),
        VersionMiddleware::new(&in_dev).client_path("client").map(|_| String::new()),
        VersionMiddleware::new(&in_dev).client_path("/a b").map(|_| String::new()),
        router(VersionRouter::new([("v1", "a"), ("v1", "b")])),
        router(VersionRouter::new([("v 1", "a")])),
        router(VersionRouter::new([("v1", "a\n")])),
        router(named().and_then(|router| router.default_version("v9"))),
        router(named().and_then(|router| router.version_header("a b"))),
        router(named().and_then(|router| router.cookie_name("a=b"))),
        router(named().and_then(|router| router.cookie_path("a;b"))),
        router(named().and_then(|router| router.cookie_domain("a;b"))),
        settings("sources = \"static\""),
        settings("app_version = \"v1\""),
        settings("unknown = 1"),
        settings("clean.older_than = \"7x\""),
        settings("compress = [\"gzip\", \"gzip:1\"]"),
        settings("compress = [\"lz4\"]"),
        settings("missing = \"loud\""),
        settings("rules.\"a[\".missing = \"warn\""),
        settings("sources = [\"a\", \"b=c\"]\nout = \"o\"\nclean.keep = 2\n[version]\ngit = true"),
    ];
    let lines = results.into_iter().enumerate().map(|(number, result)| match result {
        Ok(text) => format!("{number}: {text}"),
        Err(err) => format!("{number}: {:?}: {err}", err.kind()),
    });
    lines.collect()
}
