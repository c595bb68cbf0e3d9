//! Compares the filter and the function `static` in a rendered page with a filter and a function that return one
//! prebuilt safe value.
#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark prints its results")]

#[path = "../../fingerpost/benches/ratio/mod.rs"]
mod ratio;

use std::fs;

use fingerpost::{
    AssetPath, Assets,
    manifest::{ContentHash, Digest, FileInfo, Manifest},
};
use tera::{Context, Kwargs, State, Tera, Value};

/// The number of calls in one page. The fixed cost of a page is negligible in comparison.
const CALLS: usize = 100;

/// The number of different assets in one page.
const ASSETS: usize = 20;

fn main() -> std::process::ExitCode {
    let dir = tempfile::tempdir().unwrap();
    let mut manifest = Manifest::new("/static/");
    for i in 0..500 {
        let path = AssetPath::parse(&format!("components/widget-{i}/style.css")).unwrap();
        let hashed = path.hashed(&ContentHash::from_content(path.as_bytes()));
        manifest.insert(path, hashed, FileInfo::new(0, Digest::from_content(b"")));
    }
    fs::write(dir.path().join("staticfiles.json"), manifest.to_json()).unwrap();

    let assets = Assets::production(dir.path()).unwrap();
    let mut tera = Tera::default();
    fingerpost_tera::register(&mut tera, &assets);
    let constant = Value::safe_string("/static/components/widget-7/style.0123456789ab.css");
    let filtered = constant.clone();
    // The name has the length of `static`, because Tera hashes the name at every call.
    tera.register_function("statik", move |_: Kwargs, _: &State<'_>| constant.clone());
    tera.register_filter("statik", move |_: &str, _: Kwargs, _: &State<'_>| filtered.clone());
    // The page contains only calls, so that only calls are measured.
    let page = |call: &dyn Fn(usize) -> String| {
        (0..CALLS).map(|i| format!("{{{{ {} }}}}", call(i))).collect::<String>()
    };
    let path = |i| format!("'components/widget-{}/style.css'", i % ASSETS);
    tera.add_raw_templates([
        ("filter.html", page(&|i| format!("{} | static", path(i)))),
        ("constant-filter.html", page(&|i| format!("{} | statik", path(i)))),
        ("static.html", page(&|i| format!("static(path={})", path(i)))),
        ("constant.html", page(&|i| format!("statik(path={})", path(i)))),
    ])
    .unwrap();

    let context = Context::new();
    let render = |name: &'static str| {
        let (tera, context) = (&tera, &context);
        move || tera.render(name, context).unwrap()
    };
    let mut criterion = ratio::criterion();
    ratio::compare(
        &mut criterion,
        "a page of 100 static filters",
        1.5,
        render("filter.html"),
        render("constant-filter.html"),
    );
    assets.snapshot().scope(|| {
        ratio::compare(
            &mut criterion,
            "a page of 100 static filters in a scope",
            1.5,
            render("filter.html"),
            render("constant-filter.html"),
        );
    });
    ratio::compare(
        &mut criterion,
        "a page of 100 static() calls",
        1.5,
        render("static.html"),
        render("constant.html"),
    );
    ratio::finish(&mut criterion)
}
