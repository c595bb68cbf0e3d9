mod base_element;
mod bases;
mod documents;
mod insertion;
mod pieces;
mod references;

use std::{fs, path::Path};

use fingerpost::{Assets, AssetsBuilder, Mode, Snapshot, Strategy, Token};
use tempfile::TempDir;

use super::{UrlRewriter, rewrite_html};

const FILES: [&str; 9] =
    ["a.css", "js/app.js", "img/a.png", "b c.css", "x&y.css", "%2F.txt", "⊗.txt", "comma,", "1000/a.css"];

fn files() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for path in FILES {
        let file = dir.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, path).unwrap();
    }
    dir
}

fn production(dir: &Path) -> AssetsBuilder {
    Assets::builder().source(dir).mode(Mode::Production)
}

/// Returns a snapshot with URLs such as `/static/a.css?v=H`.
fn by_query() -> Snapshot {
    let dir = files();
    let assets = production(dir.path()).strategy(Strategy::VersionQuery).app_version("H");
    assets.build().unwrap().snapshot()
}

/// Returns a snapshot with URLs such as `/static/1000/a.css`.
fn by_token(base_url: &str) -> Snapshot {
    let dir = files();
    let strategy = Strategy::PathToken(Token::ordered(1000).unwrap());
    production(dir.path()).strategy(strategy).base_url(base_url).build().unwrap().snapshot()
}

/// Returns a snapshot with URLs such as `<base url>a.H.css`.
fn by_manifest(base_url: &str) -> Snapshot {
    let dir = tempfile::tempdir().unwrap();
    let manifest = r#"{"version": "1.1", "paths": {"a.css": "a.H.css", "img/a.png": "img/a.H.png", "comma,": "comma.H,"}}"#;
    fs::write(dir.path().join("staticfiles.json"), manifest).unwrap();
    let assets = Assets::builder().collected(dir.path()).base_url(base_url).mode(Mode::Production);
    assets.build().unwrap().snapshot()
}

fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, snapshot: &Snapshot) -> Vec<u8> {
    let mut rewriter = UrlRewriter::new(snapshot);
    let mut rewritten: Vec<u8> = pieces.into_iter().flat_map(|piece| rewriter.write(piece)).collect();
    rewritten.extend(rewriter.end());
    rewritten
}

#[track_caller]
fn assert_rewritten(snapshot: &Snapshot, html: &str, expected: &str) {
    let rewritten = rewrite_html(html, snapshot);
    assert_eq!(rewritten, expected);
    assert_eq!(rewrite_html(&rewritten, snapshot), rewritten, "a second pass changes nothing");
}

#[track_caller]
fn assert_unchanged(snapshot: &Snapshot, html: &str) {
    assert_eq!(rewrite_html(html, snapshot), html);
}
