//! Lookups by a server that rewrites the pages of other programs.

use fingerpost::{Assets, AssetsBuilder, Mode, OnMissing, Strategy, Token};

use crate::support::{Dir, Site, dev, production, publish, warnings};

#[test]
fn try_url_and_url_return_the_same_url() {
    let site = Site::with_paths(&["css/app.css", "%2F.txt"]);
    for (mode, assets) in site.in_both_modes() {
        for written in ["css/app.css", "/css/app.css", "css/app.css?x=1&y#f", "css/app.css?v=3", "%2F.txt"] {
            let found = assets.snapshot().try_url(written).unwrap();
            assert_eq!(found, Some(assets.url(written).unwrap()), "{mode}: {written}");
        }
    }
}

#[test]
fn try_url_returns_none_for_unknown_paths_without_a_warning() {
    let site = Site::with_paths(&["css/app.css"]);
    let messages = warnings(|| {
        for builder in [dev(&site.source), production(&site.output)] {
            let snapshot = builder.on_missing(OnMissing::Plain).build().unwrap().snapshot();
            let unknown = ["css/ap.css", "static/css/app.css", "css", "css/", "", "/", "?x", "#f"];
            for written in
                unknown.into_iter().chain(["../app.css", "css\\app.css", "//x/app.css", "https://x/app.css"])
            {
                assert_eq!(snapshot.try_url(written).unwrap(), None, "{written}");
            }
        }
    });
    assert_eq!(messages, [""; 0]);
}

fn id(assets: AssetsBuilder) -> Option<String> {
    assets.build().unwrap().snapshot().release_id().map(|id| id.to_string())
}

#[test]
fn release_id_depends_on_urls_and_app_version() {
    let (one, same) = (publish(&[("a.css", "a")], "/static/"), publish(&[("a.css", "a")], "/static/"));
    let of = |dir| id(production(dir));
    let release = of(&one);
    assert!(release.is_some());
    assert_eq!(of(&same), release, "the release ID is the same on every server");

    let renamed = publish(&[("b.css", "a")], "/static/");
    let changed = publish(&[("a.css", "b")], "/static/");
    let more = publish(&[("a.css", "a"), ("b.css", "a")], "/static/");
    let others = [
        of(&renamed),
        of(&changed),
        of(&more),
        id(production(&one).app_version("2")),
        id(production(&one).base_url("https://cdn/static/")),
        id(production(&one).origin("https://example.com")),
    ];
    for (position, other) in others.iter().enumerate() {
        assert_ne!(*other, release, "{position}");
    }
}

#[test]
fn release_id_without_a_build_step_depends_on_version_or_token() {
    let dir = Dir::with_paths(&["a.css"]);
    let of = |strategy: &Strategy, version: &str| {
        let token = matches!(strategy, Strategy::PathToken(_));
        let assets = Assets::builder().source(&dir).mode(Mode::Production).strategy(strategy.clone());
        id(assets.app_version(version).base_url(if token { "/static/{breaker}/" } else { "/static/" }))
    };
    let token = |number| Strategy::PathToken(Token::ordered(number).unwrap());
    let ids = [
        of(&Strategy::VersionQuery, "1"),
        of(&Strategy::VersionQuery, "2"),
        of(&token(1), "1"),
        of(&token(2), "1"),
        of(&token(2), "2"),
    ];
    for (position, id) in ids.iter().enumerate() {
        assert!(id.is_some() && !ids[..position].contains(id), "{position}");
    }
    assert_eq!(of(&Strategy::VersionQuery, "1"), ids[0]);
}

#[test]
fn development_has_no_release_id() {
    let dir = Dir::with_paths(&["a.css"]);
    assert_eq!(id(dev(&dir)), None);
    let with_strategy = dev(&dir).strategy(Strategy::VersionQuery).app_version("1").strategy_in_dev(true);
    assert_eq!(id(with_strategy), None);
}

#[test]
fn strategy_returns_the_active_strategy() {
    let dir = publish(&[], "/static/");
    assert_eq!(production(&dir).build().unwrap().strategy(), Some(&Strategy::Manifest));
    assert_eq!(dev(&dir).build().unwrap().strategy(), None);
}
