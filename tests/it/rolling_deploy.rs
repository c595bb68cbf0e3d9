//! Tests a deploy to two nodes behind a cache. One node after the other switches from release `a` to `b`, and later
//! back to `a`, while a visitor loads pages.
//!
//! Verifies the page `deploying` in the documentation of `fingerpost-tower`.

mod nodes;
mod programs;
mod visitor;

use std::collections::BTreeMap;

use axum::body::Body;
use fingerpost::{Assets, Mode, Strategy, Token};
use fingerpost_tower::{AssetServer, CachePolicy, StaticFiles};
use http::Request;
use tempfile::TempDir;

use crate::tools::{Nginx, send};
use nodes::{Node, behind_nginx, publish, site, source, wait_until_the_output_dir_is_reread};
use programs::Programs;
use visitor::{ReceivedAsset, Visitor};

/// The releases in the order of the steps. The last step is a rollback.
const STEPS: [char; 3] = ['a', 'b', 'a'];

/// Deploys each step to one node after the other. Calls `announce` before each step, and `change` to switch a node.
async fn deploy(
    visitor: &mut Visitor<'_>,
    shift: usize,
    mut announce: impl AsyncFnMut(usize),
    mut change: impl FnMut(usize, usize),
) {
    for step in 0..STEPS.len() {
        announce(step).await;
        for node in 0..2 {
            change(node, step);
            if (step, node) != (0, 0) {
                visitor.browse(shift).await;
            }
        }
    }
}

/// Returns the assets of pages that were rendered after the last node had switched.
async fn assets_after_the_deploy<'v>(visitor: &'v mut Visitor<'_>) -> &'v [ReceivedAsset] {
    visitor.finish().await;
    let seen = visitor.got.len();
    visitor.browse(0).await;
    visitor.finish().await;
    &visitor.got[seen..]
}

/// Returns the release of each URL with a hashed path. The URLs do not depend on the output directory.
fn hashed_urls() -> BTreeMap<String, char> {
    let releases = ['a', 'b'].into_iter().map(|release| {
        let out = TempDir::new().expect("a temporary directory");
        publish(&source(release), &out, None);
        let urls: Vec<_> = Assets::production(out.path()).expect("an output directory").iter().collect();
        urls.into_iter().map(move |(_, url)| (url.to_string(), release))
    });
    releases.flatten().collect()
}

/// Checks the guarantees of hashed paths: every page immediately gets the assets of its own release, and every URL
/// remains valid.
async fn assert_no_wrong_responses(visitor: &mut Visitor<'_>) {
    assert!(assets_after_the_deploy(visitor).await.iter().all(|got| got.page == 'a'));
    let wrong: Vec<_> = visitor.got.iter().filter(|got| got.status != 200 || !got.fits()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((visitor.retries, visitor.redirects), (0, 0));
    let again = visitor.request_again().await;
    assert!(again.iter().all(|got| got.status == 200), "{again:#?}");
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn hashed_paths_in_a_shared_output_dir_give_every_page_its_own_release() {
    let urls = hashed_urls();
    for shift in 0..2 {
        let nodes = [Node::default(), Node::default()];
        let Some(nginx) = behind_nginx(&nodes, "").await else { return };
        let mut visitor = Visitor::new(&nginx, |url| urls.get(url).copied());
        let out = TempDir::new().expect("a temporary directory");
        publish(&source('a'), &out, None);
        let assets = [(); 2].map(|()| Assets::production(out.path()).expect("an output directory"));
        for (node, assets) in nodes.iter().zip(&assets) {
            node.run(site(assets, StaticFiles::new(assets)));
        }
        let announce = async |step: usize| {
            publish(&source(STEPS[step]), &out, None);
            // The rollback needs no wait, because the index already contains the files of the first release.
            if step == 1 {
                wait_until_the_output_dir_is_reread().await;
            }
        };
        let change = |node: usize, step: usize| {
            if step > 0 {
                assets[node].reload().expect("a valid manifest");
            }
        };
        deploy(&mut visitor, shift, announce, change).await;
        assert_no_wrong_responses(&mut visitor).await;
        assert!(visitor.request_again().await.iter().all(|got| got.is_cached));
        assert_eq!(nodes.each_ref().map(Node::sent_again), [[""; 0]; 2]);
    }
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn hashed_paths_in_container_images_are_found_on_the_next_node() {
    let urls = hashed_urls();
    let images = STEPS.map(|_| TempDir::new().expect("a temporary directory"));
    for (step, release) in STEPS.into_iter().enumerate() {
        let before = step.checked_sub(1).map(|before| &images[before]);
        publish(&source(release), &images[step], before);
    }
    for shift in 0..2 {
        let nodes = [Node::default(), Node::default()];
        let more = "proxy_next_upstream error timeout http_404;";
        let Some(nginx) = behind_nginx(&nodes, more).await else { return };
        let mut visitor = Visitor::new(&nginx, |url| urls.get(url).copied());
        let change = |node: usize, step: usize| {
            let assets = Assets::production(images[step].path()).expect("an output directory");
            nodes[node].run(site(&assets, StaticFiles::new(&assets)));
        };
        deploy(&mut visitor, shift, async |_| (), change).await;
        assert_no_wrong_responses(&mut visitor).await;
        assert!(visitor.request_again().await.iter().all(|got| got.is_cached));
        // The 404 of the first node has `no-store`, so nginx does not cache the response of the next node.
        let again: Vec<_> = nodes.iter().flat_map(Node::sent_again).map(|path| urls[&path]).collect();
        assert!(again.iter().all(|release| *release == 'b'), "{again:?}");
    }
}

/// Deploys programs with embedded assets twice, and calls `check` after each deploy. Returns `false` without nginx.
async fn deploy_programs(keeps: bool, mut check: impl AsyncFnMut(&mut Visitor<'_>)) -> bool {
    let urls = hashed_urls();
    let programs = Programs::build(keeps);
    for shift in 0..2 {
        let nodes = [Node::default(), Node::default()];
        let more = "proxy_next_upstream error timeout http_404;";
        let Some(nginx) = behind_nginx(&nodes, more).await else { return false };
        let mut visitor = Visitor::new(&nginx, |url| urls.get(url).copied());
        let change = |node: usize, step: usize| nodes[node].run(programs.start(step));
        deploy(&mut visitor, shift, async |_| (), change).await;
        check(&mut visitor).await;
    }
    true
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn single_binaries_with_earlier_packs_give_every_page_its_own_release() {
    deploy_programs(true, async |visitor| assert_no_wrong_responses(visitor).await).await;
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn single_binaries_without_earlier_packs_have_no_files_of_other_releases() {
    let mut missing = 0;
    let is_complete = deploy_programs(false, async |visitor| {
        assert!(
            assets_after_the_deploy(visitor).await.iter().all(|got| got.status == 200 && got.page == 'a')
        );
        assert!(visitor.got.iter().all(|got| got.status == 404 || got.fits()), "{:#?}", visitor.got);
        missing += visitor.got.iter().filter(|got| got.status == 404).count();
    });
    if is_complete.await {
        assert!(missing > 0, "no file of the other release was missing");
    }
}

/// Deploys a site without a build step with this strategy. Checks that every request succeeds, and that pages get
/// matching assets after all nodes have switched. Returns the assets, and the numbers of retries and redirects.
async fn deploy_build_free(
    base_url: &str,
    strategy: impl Fn(usize) -> Strategy,
    unversioned: Option<CachePolicy>,
    meaning: impl Fn(&str) -> Option<char>,
    more: &str,
) -> Option<(Vec<ReceivedAsset>, usize, usize)> {
    let sources = STEPS.map(source);
    let (mut notes, mut retries, mut redirects) = (Vec::new(), 0, 0);
    for shift in 0..2 {
        let nodes = [Node::default(), Node::default()];
        let nginx = behind_nginx(&nodes, more).await?;
        let mut visitor = Visitor::new(&nginx, &meaning);
        let change = |node: usize, step: usize| {
            let version = ["1.0", "2.0", "1.0"][step];
            let assets = Assets::builder().source(sources[step].path()).mode(Mode::Production);
            let assets = assets.strategy(strategy(step)).base_url(base_url).app_version(version);
            let assets = assets.build().expect("a source directory");
            let server =
                unversioned.into_iter().fold(AssetServer::new(&assets), AssetServer::unversioned_policy);
            nodes[node].run(site(&assets, server.into()));
        };
        deploy(&mut visitor, shift, async |_| (), change).await;
        assert!(visitor.got.iter().all(|got| got.status == 200), "{:#?}", visitor.got);
        let settled = assets_after_the_deploy(&mut visitor).await;
        assert!(settled.iter().all(|got| got.page == 'a' && got.fits()), "{settled:#?}");
        // `request_again` checks every response, including responses that nginx has cached.
        assert!(visitor.request_again().await.iter().any(|got| got.is_cached));
        notes.append(&mut visitor.got);
        (retries, redirects) = (retries + visitor.retries, redirects + visitor.redirects);
    }
    Some((notes, retries, redirects))
}

fn by_version(url: &str) -> Option<char> {
    Some(if url.split_once("?v=")?.1 == "2.0" { 'b' } else { 'a' })
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn version_query_may_return_wrong_bytes_during_a_deploy() {
    let notes = deploy_build_free("/static/", |_| Strategy::VersionQuery, None, by_version, "").await;
    let Some((got, retries, redirects)) = notes else { return };
    assert_eq!((retries, redirects), (0, 0));
    let is_versioned = |got: &&ReceivedAsset| got.url.query().is_some();
    assert!(got.iter().filter(is_versioned).any(|got| !got.fits()), "no response had wrong bytes");
    // References in files have no version, so the responses may be cached for an hour.
    let mut plain = got.iter().filter(|got| !is_versioned(got));
    assert!(plain.any(|got| got.page == 'b' && got.release == Some('a') && got.is_cached));
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn no_cache_policy_prevents_caching_of_unversioned_files() {
    let lifetime = Some(CachePolicy::NoCache);
    let notes = deploy_build_free("/static/", |_| Strategy::VersionQuery, lifetime, by_version, "").await;
    let Some((got, ..)) = notes else { return };
    assert!(got.iter().any(|got| got.is_cached && got.url.query().is_some()));
    assert!(got.iter().all(|got| !got.is_cached || got.url.query().is_some()), "{got:#?}");
}

/// Returns a function that maps the token in a URL to a release.
fn by_token(tokens: [&'static str; 3]) -> impl Fn(&str) -> Option<char> {
    move |url| {
        let token = url.strip_prefix("/static/")?.split('/').next()?;
        Some(STEPS[tokens.iter().position(|other| *other == token)?])
    }
}

fn ordered(step: usize) -> Strategy {
    Strategy::PathToken(Token::ordered(step + 1).expect("a token"))
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn request_with_ordered_token_is_retried_while_a_node_is_outdated() {
    let meaning = by_token(["1", "2", "3"]);
    let notes = deploy_build_free("/static/{breaker}/", ordered, None, &meaning, "").await;
    let Some((got, retries, redirects)) = notes else { return };
    assert!(retries > 0 && redirects > 0, "{retries} retries, {redirects} redirects");
    // A page from before the deploy gets the new file under the old URL.
    assert!(got.iter().any(|got| got.page == 'a' && got.release == Some('b')));
    assert!(got.iter().all(|got| got.release == meaning(got.url.path())), "{got:#?}");
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn retry_on_the_next_node_hides_an_outdated_node() {
    let more = "proxy_next_upstream error timeout http_503;";
    let meaning = by_token(["1", "2", "3"]);
    let notes = deploy_build_free("/static/{breaker}/", ordered, None, meaning, more).await;
    let Some((_, retries, redirects)) = notes else { return };
    assert!(retries == 0 && redirects > 0, "{retries} retries, {redirects} redirects");
}

/// Returns a function from a step to its opaque token. The tokens of earlier releases are previous tokens.
fn opaque(tokens: [&'static str; 3]) -> impl Fn(usize) -> Strategy {
    move |step| {
        let first = tokens.iter().position(|token| *token == tokens[step]).expect("one of the tokens");
        let token = Token::opaque(tokens[step]).and_then(|token| token.previous(&tokens[..first]));
        Strategy::PathToken(token.expect("a token"))
    }
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn request_with_opaque_token_succeeds_on_every_node() {
    // A rollback starts a new release or the old image.
    for tokens in [["3f2a91b", "9c01d22", "41d7e0a"], ["3f2a91b", "9c01d22", "3f2a91b"]] {
        let notes = deploy_build_free("/static/{breaker}/", opaque(tokens), None, by_token(tokens), "").await;
        let Some((got, retries, redirects)) = notes else { return };
        assert!(retries == 0 && redirects > 0, "{retries} retries, {redirects} redirects");
        let meaning = by_token(tokens);
        assert!(got.iter().any(|got| got.release != meaning(got.url.path())), "no response had wrong bytes");
    }
}

/// Follows at most 20 redirects, and returns the last status.
async fn follow(nginx: &Nginx, path: &str) -> u16 {
    let mut url = nginx.url(path);
    for _ in 0..20 {
        let response = send(Request::get(&url).body(Body::empty()).expect("a request")).await;
        match response.headers().get("location") {
            Some(location) => url = nginx.url(location.to_str().expect("a path")),
            None => return response.status().as_u16(),
        }
    }
    301
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn documented_token_misconfigurations_fail_as_described() {
    let source = source('a');
    let token =
        |id: &str, other: &str| Token::opaque(id).and_then(|token| token.previous([other])).expect("a token");
    let smaller = || Token::ordered(1).expect("a token");
    for (tokens, path, expected) in [
        // Two releases that list each other's token as a previous token: redirects may loop, depending on the node.
        ([token("a", "b"), token("b", "a")], "/static/a/img/0.svg", 301),
        // A page of the withdrawn release after a rollback to a smaller number.
        ([smaller(), smaller()], "/static/2/img/0.svg", 503),
    ] {
        let nodes = [Node::default(), Node::default()];
        for (node, token) in nodes.iter().zip(tokens) {
            let assets = Assets::builder().source(source.path()).mode(Mode::Production);
            let assets = assets.strategy(Strategy::PathToken(token)).base_url("/static/{breaker}/");
            let assets = assets.build().expect("a source directory");
            node.run(site(&assets, StaticFiles::new(&assets)));
        }
        let Some(nginx) = behind_nginx(&nodes, "").await else { return };
        let mut seen = Vec::new();
        for _ in 0..4 {
            // Each request has a new path, because responses are cached.
            seen.push(follow(&nginx, &path.replace('0', &seen.len().to_string())).await);
        }
        assert!(seen.contains(&expected), "{path}: {seen:?}");
    }
}
