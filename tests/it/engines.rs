//! The same URLs from every engine, in all its major versions, with every strategy, in development and production.

use std::{fs, path::Path};

use askama::Template as _;
use fingerpost::{Assets, Mode, Strategy, Token};
use tempfile::TempDir;

use crate::tools::{collected, expected_url, real_assets};

/// Asset paths with characters that templates, HTML or URLs give a meaning, and how they stand in a URL.
const ODD: [(&str, &str); 14] = [
    ("a.css", "a.css"),
    ("sprite.svg", "sprite.svg"),
    ("LICENSE", "LICENSE"),
    ("⊗.txt", "%E2%8A%97.txt"),
    ("%2F.txt", "%252F.txt"),
    ("100%.txt", "100%25.txt"),
    ("b c(1)@2x.png", "b%20c%281%29@2x.png"),
    (r#"a'b"c&d<e>.css"#, "a%27b%22c%26d%3Ce%3E.css"),
    ("a+b,c;d=e.css", "a+b,c%3Bd%3De.css"),
    ("{{ x }}/{% y %}.js", "%7B%7B%20x%20%7D%7D/%7B%25%20y%20%25%7D.js"),
    ("&amp;.txt", "%26amp%3B.txt"),
    ("$a`b`.js", "$a%60b%60.js"),
    ("e\u{301}/\u{e9}.css", "e%CC%81/%C3%A9.css"),
    (".well-known/security.txt", ".well-known/security.txt"),
];

/// Queries and fragments as authors write them. A version query makes an `&` of the second.
const WRITTEN: [&str; 5] = ["sprite.svg#icon", "a.css?x=1#f", "a.css?v=3", "a.css?", "/a.css"];

/// The version of the app.
const VERSION: &str = "3f2a91b";

/// Renders a page of these asset paths, one URL a line.
type Render = fn(&Assets, &[String]) -> String;

/// Everything that renders.
const ENGINES: [(&str, Render); 11] = [
    ("MiniJinja 3, function", |assets, paths| minijinja_3(assets, paths, "static(path)")),
    ("MiniJinja 3, filter", |assets, paths| minijinja_3(assets, paths, "path | static")),
    ("MiniJinja 2, function", |assets, paths| minijinja_2(assets, paths, "static(path)")),
    ("MiniJinja 2, filter", |assets, paths| minijinja_2(assets, paths, "path | static")),
    ("Tera 2, function", |assets, paths| tera_2(assets, paths, "static(path=path)")),
    ("Tera 2, filter", |assets, paths| tera_2(assets, paths, "path | static")),
    ("Tera 1, function", |assets, paths| tera_1(assets, paths, "static(path=path)")),
    ("Tera 1, filter", |assets, paths| tera_1(assets, paths, "path | static")),
    ("Askama, function and runtime value", |assets, paths| {
        let page = askama_page::Function { paths };
        page.render_with_values(&fingerpost_askama::values(assets)).expect("a page")
    }),
    ("Askama, function in a scope", |assets, paths| {
        assets.snapshot().scope(|| askama_page::Function { paths }.render().expect("a page"))
    }),
    ("Askama, filter", |assets, paths| {
        let page = askama_page::Filter { paths };
        page.render_with_values(&fingerpost_askama::values(assets)).expect("a page")
    }),
];

fn source_of_loop(expression: &str) -> String {
    format!("{{% for path in paths %}}{{{{ {expression} }}}}\n{{% endfor %}}")
}

fn minijinja_3(assets: &Assets, paths: &[String], expression: &str) -> String {
    let mut env = minijinja::Environment::new();
    fingerpost_minijinja::register(&mut env, assets);
    env.add_template_owned("urls.html", source_of_loop(expression)).expect("a template");
    let page = env.get_template("urls.html").expect("the template");
    let paths: minijinja::Value = paths.iter().map(String::as_str).collect();
    page.render(minijinja::context! { paths }).expect("a page")
}

fn minijinja_2(assets: &Assets, paths: &[String], expression: &str) -> String {
    let source = source_of_loop(expression);
    let mut env = minijinja2::Environment::new();
    fingerpost_minijinja::v2::register(&mut env, assets);
    env.add_template("urls.html", &source).expect("a template");
    let page = env.get_template("urls.html").expect("the template");
    page.render(minijinja2::context! { paths }).expect("a page")
}

fn tera_2(assets: &Assets, paths: &[String], expression: &str) -> String {
    let mut tera = tera::Tera::default();
    fingerpost_tera::register(&mut tera, assets);
    tera.add_raw_template("urls.html", &source_of_loop(expression)).expect("a template");
    let mut context = tera::Context::new();
    context.insert("paths", paths);
    tera.render("urls.html", &context).expect("a page")
}

fn tera_1(assets: &Assets, paths: &[String], expression: &str) -> String {
    let mut tera = tera1::Tera::default();
    fingerpost_tera::v1::register(&mut tera, assets);
    tera.add_raw_template("urls.html", &source_of_loop(expression)).expect("a template");
    let mut context = tera1::Context::new();
    context.insert("paths", paths);
    tera.render("urls.html", &context).expect("a page")
}

mod askama_page {
    use askama::Template;
    use fingerpost_askama::{StaticHelpers as _, filters};

    #[derive(Template)]
    #[template(source = "{% for path in paths %}{{ static(path) }}\n{% endfor %}", ext = "html")]
    pub(super) struct Function<'a> {
        pub(super) paths: &'a [String],
    }

    #[derive(Template)]
    #[template(source = "{% for path in paths %}{{ path|static }}\n{% endfor %}", ext = "html")]
    pub(super) struct Filter<'a> {
        pub(super) paths: &'a [String],
    }
}

/// The URL of a file with these bytes, worked out without Fingerpost. The asset path is as it stands in a URL.
type Expected = fn(&str, &[u8]) -> String;

/// One site for every strategy, in each mode that has it.
fn sites(source: &Path, out: &Path) -> Vec<(String, Assets, Expected)> {
    let token = Strategy::PathToken(Token::ordered(1000).expect("a token"));
    let in_query: Expected = |path, _| format!("/static/{path}?v={VERSION}");
    let in_path: Expected = |path, _| format!("/static/1000/{path}");
    let of_content: Expected = |path, bytes| expected_url(Mode::Dev, path, bytes);
    let in_name: Expected = |path, bytes| expected_url(Mode::Production, path, bytes);
    let table = [
        (Mode::Dev, Strategy::Manifest, false, of_content),
        (Mode::Dev, Strategy::VersionQuery, false, of_content),
        (Mode::Dev, token.clone(), false, of_content),
        (Mode::Dev, Strategy::Manifest, true, in_name),
        (Mode::Dev, Strategy::VersionQuery, true, in_query),
        (Mode::Dev, token.clone(), true, in_path),
        (Mode::Production, Strategy::Manifest, false, in_name),
        (Mode::Production, Strategy::VersionQuery, false, in_query),
        (Mode::Production, token, false, in_path),
    ];
    table
        .into_iter()
        .map(|(mode, strategy, in_dev, expected)| {
            let name = format!("{mode:?}, {strategy:?}, in development: {in_dev}");
            let base =
                if matches!(strategy, Strategy::PathToken(_)) { "/static/{breaker}/" } else { "/static/" };
            let assets = Assets::builder()
                .source(source)
                .collected(out)
                .mode(mode)
                .strategy(strategy)
                .strategy_in_dev(in_dev)
                .base_url(base)
                .app_version(VERSION)
                .build();
            (name, assets.expect("a site"), expected)
        })
        .collect()
}

/// Reads a URL with an `&` as a browser does. The engines escape it each in its own way, but all of them do.
fn unescaped(line: &str) -> String {
    let mut pieces = line.split('&');
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.map(|piece| {
        let (name, text) = piece.split_once(';').unwrap_or_else(|| panic!("a bare `&`: {line}"));
        let character = match name {
            "amp" | "#38" => '&',
            "#x2f" | "#x2F" => '/',
            _ => panic!("`&{name};`: {line}"),
        };
        format!("{character}{text}")
    });
    format!("{first}{}", rest.collect::<String>())
}

fn every_engine_gives_the_same_urls(source: &Path, files: &[(String, String)]) {
    let mut written: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    written.extend(WRITTEN.map(str::to_owned));
    let out = collected(source);
    for (site, assets, expected) in sites(source, out.path()) {
        let urls: Vec<_> =
            written.iter().map(|path| assets.url(path).expect("an asset").to_string()).collect();
        for ((path, encoded), url) in files.iter().zip(&urls) {
            let bytes = fs::read(source.join(path)).expect("a source file");
            assert_eq!(*url, expected(encoded, &bytes), "{site}");
        }
        for (engine, render) in ENGINES {
            let page = render(&assets, &written);
            let lines: Vec<_> = page.split_terminator('\n').collect();
            assert_eq!(lines.len(), urls.len(), "{engine}: {site}");
            for (line, url) in lines.into_iter().zip(&urls) {
                let read = if url.contains('&') { &*unescaped(line) } else { line };
                assert_eq!(read, url, "{engine}: {site}");
            }
        }
    }
}

/// Writes the files of [`ODD`], no two of which have the same content.
fn with_odd_files(source: &Path, mut files: Vec<(String, String)>) -> Vec<(String, String)> {
    for (path, encoded) in ODD {
        let file = source.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a new folder");
        fs::write(file, format!("/* {} */", files.len())).expect("a writable file");
        files.push((path.to_owned(), encoded.to_owned()));
    }
    files
}

#[test]
fn two_hundred_files_of_published_packages_have_the_same_urls_everywhere() {
    let Some(assets) = real_assets(200) else { return };
    let files = assets.paths().iter().map(|path| (path.clone(), path.clone())).collect();
    every_engine_gives_the_same_urls(assets.dir(), &with_odd_files(assets.dir(), files));
}

#[test]
fn unusual_names_have_the_same_urls_everywhere() {
    let source = TempDir::new().expect("a temporary folder");
    every_engine_gives_the_same_urls(source.path(), &with_odd_files(source.path(), Vec::new()));
}
