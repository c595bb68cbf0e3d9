//! Tests that all engines return the same URLs, in all supported major versions, with every strategy, in development
//! and production.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use askama::Template as _;
use fingerpost::{Assets, Mode, Strategy, Token};
use tempfile::TempDir;

use crate::tools::{collected, expected_url, real_assets};

/// Asset paths with characters that are special in templates, HTML or URLs, each with its form in a URL.
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

/// References with queries and fragments, each with its path, query and fragment. A version query is appended to `x=1`
/// with `&`.
const WRITTEN: [(&str, &str, Option<&str>, &str); 6] = [
    ("sprite.svg#icon", "sprite.svg", None, "#icon"),
    ("a.css?x=1#f", "a.css", Some("x=1"), "#f"),
    ("a.css#page=3&zoom=150", "a.css", None, "#page=3&zoom=150"),
    ("a.css?v=3", "a.css", Some("v=3"), ""),
    ("a.css?", "a.css", Some(""), ""),
    ("/a.css", "a.css", None, ""),
];

/// The app version, and its form in a query.
const VERSION: [&str; 2] = ["v1.2+3f2a91b", "v1.2%2B3f2a91b"];

/// A function that renders a page with the URLs of these asset paths, one per line.
type Render = fn(&Site, &[String]) -> String;

/// Every way to render a URL.
const ENGINES: [(&str, Render); 12] = [
    ("MiniJinja 3, function", |site, paths| minijinja_3(&site.assets, paths, "static(path)")),
    ("MiniJinja 3, filter", |site, paths| minijinja_3(&site.assets, paths, "path | static")),
    ("MiniJinja 2, function", |site, paths| minijinja_2(&site.assets, paths, "static(path)")),
    ("MiniJinja 2, filter", |site, paths| minijinja_2(&site.assets, paths, "path | static")),
    ("Tera 2, function", |site, paths| tera_2(&site.assets, paths, "static(path=path)")),
    ("Tera 2, filter", |site, paths| tera_2(&site.assets, paths, "path | static")),
    ("Tera 1, function", |site, paths| tera_1(&site.assets, paths, "static(path=path)")),
    ("Tera 1, filter", |site, paths| tera_1(&site.assets, paths, "path | static")),
    ("Askama, function and runtime value", |site, paths| {
        let page = askama_page::Function { paths };
        page.render_with_values(&fingerpost_askama::values(&site.assets)).expect("a page")
    }),
    ("Askama, function in a scope", |site, paths| {
        site.assets.snapshot().scope(|| askama_page::Function { paths }.render().expect("a page"))
    }),
    ("Askama, function and global", askama_global),
    ("Askama, filter", |site, paths| {
        let page = askama_page::Filter { paths };
        page.render_with_values(&fingerpost_askama::values(&site.assets)).expect("a page")
    }),
];

fn loop_template(expression: &str) -> String {
    format!("{{% for path in paths %}}{{{{ {expression} }}}}\n{{% endfor %}}")
}

fn minijinja_3(assets: &Assets, paths: &[String], expression: &str) -> String {
    let mut env = minijinja::Environment::new();
    fingerpost_minijinja::register(&mut env, assets);
    env.add_template_owned("urls.html", loop_template(expression)).expect("a template");
    let page = env.get_template("urls.html").expect("the template");
    let paths: minijinja::Value = paths.iter().map(String::as_str).collect();
    page.render(minijinja::context! { paths }).expect("a page")
}

fn minijinja_2(assets: &Assets, paths: &[String], expression: &str) -> String {
    let source = loop_template(expression);
    let mut env = minijinja2::Environment::new();
    fingerpost_minijinja::v2::register(&mut env, assets);
    env.add_template("urls.html", &source).expect("a template");
    let page = env.get_template("urls.html").expect("the template");
    page.render(minijinja2::context! { paths }).expect("a page")
}

fn tera_2(assets: &Assets, paths: &[String], expression: &str) -> String {
    let mut tera = tera::Tera::default();
    fingerpost_tera::register(&mut tera, assets);
    tera.add_raw_template("urls.html", &loop_template(expression)).expect("a template");
    let mut context = tera::Context::new();
    context.insert("paths", paths);
    tera.render("urls.html", &context).expect("a page")
}

fn tera_1(assets: &Assets, paths: &[String], expression: &str) -> String {
    let mut tera = tera1::Tera::default();
    fingerpost_tera::v1::register(&mut tera, assets);
    tera.add_raw_template("urls.html", &loop_template(expression)).expect("a template");
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

/// Renders a page in a new process, because Askama's global is set once per process. The process runs only the test
/// below.
fn askama_global(site: &Site, paths: &[String]) -> String {
    let arguments = serde_json::to_string(&(site.number, &site.source, &site.out, paths)).expect("JSON");
    let mut process = Command::new(env::current_exe().expect("this program"));
    process.args(["engines::askama_global_runs_in_a_separate_process", "--exact", "--nocapture"]);
    let output = process.env(ARGUMENTS, arguments).output().expect("this program");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    stderr.split_once(RESULT).unwrap_or_else(|| panic!("{stderr}")).1.to_owned()
}

const ARGUMENTS: &str = "IT_ASKAMA_GLOBAL";
const RESULT: &str = "result: ";

#[test]
fn askama_global_runs_in_a_separate_process() {
    let Ok(arguments) = env::var(ARGUMENTS) else {
        let page = askama_page::Function { paths: &["a.css".to_owned()] };
        return assert!(page.render().is_err(), "the global is not set in this process");
    };
    let (number, source, out, paths): (usize, PathBuf, PathBuf, Vec<String>) =
        serde_json::from_str(&arguments).expect("valid arguments");
    fingerpost_askama::init(Site::open(number, &source, &out).assets)
        .expect("the first call in this process");
    let page = askama_page::Function { paths: &paths }.render().expect("a page");
    write!(io::stderr(), "{RESULT}{page}").expect("standard error can be written to");
}

/// A strategy in one mode.
struct Site {
    number: usize,
    source: PathBuf,
    out: PathBuf,
    name: String,
    assets: Assets,
    expected: Expected,
}

/// A function that computes the URL of an asset without Fingerpost. The arguments are the percent-encoded path, the
/// bytes, and the bytes rewritten by `collect`.
type Expected = fn(&str, &[u8], &[u8]) -> String;

impl Site {
    /// All strategies, in each mode that supports them.
    const ALL: std::ops::Range<usize> = 0..9;

    fn open(number: usize, source: &Path, out: &Path) -> Self {
        let token = Strategy::PathToken(Token::ordered(1000).expect("a token"));
        let in_query: Expected = |path, _, _| format!("/static/{path}?v={}", VERSION[1]);
        let in_path: Expected = |path, _, _| format!("/static/1000/{path}");
        let of_content: Expected = |path, source, _| expected_url(Mode::Dev, path, source);
        let in_name: Expected = |path, _, collected| expected_url(Mode::Production, path, collected);
        let (mode, strategy, in_dev, expected) = match number {
            0 => (Mode::Dev, Strategy::Manifest, false, of_content),
            1 => (Mode::Dev, Strategy::VersionQuery, false, of_content),
            2 => (Mode::Dev, token, false, of_content),
            3 => (Mode::Dev, Strategy::Manifest, true, in_name),
            4 => (Mode::Dev, Strategy::VersionQuery, true, in_query),
            5 => (Mode::Dev, token, true, in_path),
            6 => (Mode::Production, Strategy::Manifest, false, in_name),
            7 => (Mode::Production, Strategy::VersionQuery, false, in_query),
            _ => (Mode::Production, token, false, in_path),
        };
        let name = format!("{mode:?}, {strategy:?}, in development: {in_dev}");
        let base = if matches!(strategy, Strategy::PathToken(_)) { "/static/{breaker}/" } else { "/static/" };
        let assets = Assets::builder()
            .source(source)
            .collected(out)
            .mode(mode)
            .strategy(strategy)
            .strategy_in_dev(in_dev)
            .base_url(base)
            .app_version(VERSION[0])
            .build()
            .expect("a site");
        Self { number, source: source.to_owned(), out: out.to_owned(), name, assets, expected }
    }

    /// Returns the expected URL of an asset path with the author's query and fragment.
    fn expected_url(&self, path: &str, encoded: &str, query: Option<&str>, fragment: &str) -> String {
        let [source, collected] =
            [&self.source, &self.out].map(|dir| fs::read(dir.join(path)).expect("a file"));
        let url = (self.expected)(encoded, &source, &collected);
        let (url, version) = url.split_once('?').map_or((&*url, None), |(url, version)| (url, Some(version)));
        // If the author wrote `v=`, the URL has no other version. The version is appended to other queries.
        let version = version.filter(|_| !query.is_some_and(|query| query.starts_with("v=")));
        let parameters: Vec<_> = query.filter(|query| !query.is_empty()).into_iter().chain(version).collect();
        let separator = if query.is_some() || version.is_some() { "?" } else { "" };
        format!("{url}{separator}{}{fragment}", parameters.join("&"))
    }
}

/// Unescapes a URL in HTML as a browser does. The engines escape `&` and `/` differently.
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

fn assert_same_urls_in_every_engine(source: &Path, files: &[(String, String)]) {
    let mut written: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    written.extend(WRITTEN.map(|(written, ..)| written.to_owned()));
    let out = collected(source);
    for site in Site::ALL.map(|number| Site::open(number, source, out.path())) {
        let plain = files.iter().map(|(path, encoded)| site.expected_url(path, encoded, None, ""));
        let suffixed =
            WRITTEN.map(|(_, path, query, fragment)| site.expected_url(path, path, query, fragment));
        let urls: Vec<_> = plain.chain(suffixed).collect();
        for (path, url) in written.iter().zip(&urls) {
            assert_eq!(site.assets.url(path).expect("an asset"), **url, "{}", site.name);
        }
        for (engine, render) in ENGINES {
            let page = render(&site, &written);
            let lines: Vec<_> = page.split_terminator('\n').collect();
            assert_eq!(lines.len(), urls.len(), "{engine}: {}", site.name);
            for (line, url) in lines.into_iter().zip(&urls) {
                let read = if url.contains('&') { &*unescaped(line) } else { line };
                assert_eq!(read, url, "{engine}: {}", site.name);
            }
        }
    }
}

/// Writes the files of [`ODD`], each with different content.
fn with_odd_files(source: &Path, mut files: Vec<(String, String)>) -> Vec<(String, String)> {
    for (path, encoded) in ODD {
        let file = source.join(path);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, format!("/* {} */", files.len())).expect("a writable file");
        files.push((path.to_owned(), encoded.to_owned()));
    }
    files
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn two_hundred_npm_files_have_the_same_urls_in_every_engine() {
    let Some(assets) = real_assets(200) else { return };
    let files = assets.paths().iter().map(|path| (path.clone(), path.clone())).collect();
    assert_same_urls_in_every_engine(assets.dir(), &with_odd_files(assets.dir(), files));
}

#[test]
fn unusual_names_have_the_same_urls_in_every_engine() {
    let source = TempDir::new().expect("a temporary directory");
    assert_same_urls_in_every_engine(source.path(), &with_odd_files(source.path(), Vec::new()));
}
