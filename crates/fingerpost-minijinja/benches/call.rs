//! Compares a `static()` call in a rendered page with a function that returns one prebuilt safe value.
#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark prints its results")]

#[path = "../../fingerpost/benches/ratio/mod.rs"]
mod ratio;

use std::fs;

use fingerpost::{
    AssetPath, Assets,
    manifest::{ContentHash, Digest, FileInfo, Manifest},
};
use minijinja::{Environment, Value};

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
    let mut env = Environment::new();
    fingerpost_minijinja::register(&mut env, &assets);
    let constant = Value::from_safe_string("/static/components/widget-7/style.0123456789ab.css".to_owned());
    let filtered = constant.clone();
    env.add_function("static_constant", move |_: &str| constant.clone());
    env.add_filter("static_constant", move |_: &str| filtered.clone());
    // The page contains only calls, so that only calls are measured.
    let page = |call: &dyn Fn(usize) -> String| {
        (0..CALLS).map(|i| format!("{{{{ {} }}}}", call(i))).collect::<String>()
    };
    let mut add = |name, call: &dyn Fn(usize) -> String| env.add_template_owned(name, page(call)).unwrap();
    add("static.html", &|i| format!("static('components/widget-{}/style.css')", i % ASSETS));
    add("filter.html", &|i| format!("'components/widget-{}/style.css' | static", i % ASSETS));
    add("constant.html", &|i| format!("static_constant('components/widget-{}/style.css')", i % ASSETS));
    add("constant-filter.html", &|i| {
        format!("'components/widget-{}/style.css' | static_constant", i % ASSETS)
    });

    let render = |name: &str| {
        let template = env.get_template(name).unwrap();
        move || template.render(()).unwrap()
    };
    let mut criterion = ratio::criterion();
    ratio::compare(
        &mut criterion,
        "a page of 100 static() calls",
        1.5,
        render("static.html"),
        render("constant.html"),
    );
    assets.snapshot().scope(|| {
        ratio::compare(
            &mut criterion,
            "a page of 100 static() calls in a scope",
            1.5,
            render("static.html"),
            render("constant.html"),
        );
    });
    // The engine calls a filter faster than a function, so the lookup is a larger share of the time.
    ratio::compare(
        &mut criterion,
        "a page of 100 static filters",
        2.0,
        render("filter.html"),
        render("constant-filter.html"),
    );
    ratio::finish(&mut criterion)
}
