//! Compares a `static()` call in a rendered page with `Assets::url` and one `write_str`.
#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark prints its results")]

#[path = "../../fingerpost/benches/ratio/mod.rs"]
mod ratio;

use std::{
    fmt::Write,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use askama::Template;
use fingerpost::{
    AssetPath, Assets, Snapshot,
    manifest::{ContentHash, Digest, FileInfo, Manifest},
};
use fingerpost_askama::{StaticHelpers as _, filters, values};

// Each page has 100 calls and nothing else, so its fixed cost is negligible.

#[derive(Template)]
#[template(
    source = r#"
{%- for _ in 0..10 %}
{{- static("components/widget-0/style.css") }}
{{- static("components/widget-1/style.css") }}
{{- static("components/widget-2/style.css") }}
{{- static("components/widget-3/style.css") }}
{{- static("components/widget-4/style.css") }}
{{- static("components/widget-5/style.css") }}
{{- static("components/widget-6/style.css") }}
{{- static("components/widget-7/style.css") }}
{{- static("components/widget-8/style.css") }}
{{- static("components/widget-9/style.css") }}
{%- endfor -%}
"#,
    ext = "html"
)]
struct Literals;

#[derive(Template)]
#[template(source = "{% for path in paths %}{{ static(path) }}{% endfor %}", ext = "html")]
struct Variables {
    paths: Vec<String>,
}

#[derive(Template)]
#[template(source = "{% for path in paths %}{{ path|static }}{% endfor %}", ext = "html")]
struct Filters {
    paths: Vec<String>,
}

/// Renders a page into a string.
type Call<'a> = &'a dyn Fn(&mut String);

fn main() -> std::process::ExitCode {
    let dir = tempfile::tempdir().unwrap();
    let mut manifest = Manifest::new("/static/");
    for i in 0..500 {
        let path = AssetPath::parse(&format!("components/widget-{i}/style.css")).unwrap();
        let hashed = path.hashed(&ContentHash::from_content(path.as_bytes()));
        manifest.insert(path, hashed, FileInfo::new(0, Digest::from_content(b"")));
    }
    std::fs::write(dir.path().join("staticfiles.json"), manifest.to_json()).unwrap();
    let assets = Assets::production(dir.path()).unwrap();
    fingerpost_askama::init(assets.clone()).unwrap();

    let paths = || (0..100).map(|i| format!("components/widget-{}/style.css", i % 10)).collect();
    let (variables, filters) = (Variables { paths: paths() }, Filters { paths: paths() });
    let render = |out: &mut String| Literals.render_into(out).unwrap();

    let render_with_values = |out: &mut String| {
        Literals.render_into_with_values(out, &values(&assets)).unwrap();
    };
    let render_variables = |out: &mut String| variables.render_into(out).unwrap();
    let render_filters = |out: &mut String| filters.render_into(out).unwrap();

    let (mut criterion, snapshot) = (ratio::criterion(), assets.snapshot());
    let urls = || urls(&assets, &variables.paths);
    // The filters have a larger budget, because a filter copies the path.
    let rows: [(&str, f64, Call<'_>); 4] = [
        ("static() calls", 1.5, &render),
        ("static() calls with runtime values", 1.5, &render_with_values),
        ("static() calls of variables", 1.5, &render_variables),
        ("static filters", 4.0, &render_filters),
    ];
    for (name, budget, call) in rows {
        let name = format!("a page of 100 {name}");
        let baseline = ratio::cost(&mut criterion, &format!("{name}, baseline"), urls());
        let outside = ratio::cost(&mut criterion, &name, page(call));
        ratio::report(&name, Some(budget), outside, baseline);

        // `Assets::url` is faster in a scope, so the budget is a multiple of the baseline outside of the scope.
        let name = format!("{name} in a scope");
        snapshot.scope(|| {
            let fast_baseline = ratio::cost(&mut criterion, &format!("{name}, baseline"), urls());
            let inside = ratio::cost(&mut criterion, &name, page(call));
            ratio::report(&name, Some(budget), inside, baseline);
            ratio::report(
                &format!("{name}, relative to the baseline in a scope"),
                None,
                inside,
                fast_baseline,
            );
        });
    }
    beside_another_thread(&render, &snapshot, || {
        let name = "a page of 100 static() calls in a scope, beside another thread";
        snapshot.scope(|| {
            let baseline = ratio::cost(&mut criterion, &format!("{name}, baseline"), urls());
            let beside = ratio::cost(&mut criterion, name, page(&render));
            ratio::report(name, None, beside, baseline);
        });
    });
    ratio::finish(&mut criterion)
}

/// Calls `measure` while another thread renders in a scope. Reference counts that both threads modify are slow.
fn beside_another_thread(
    render: &(impl Fn(&mut String) + Sync),
    snapshot: &Snapshot,
    measure: impl FnOnce(),
) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut rendered = String::with_capacity(10_000);
            while !done.load(Relaxed) {
                rendered.clear();
                snapshot.scope(|| render(&mut rendered));
            }
        });
        measure();
        done.store(true, Relaxed);
    });
}

/// Returns a function that renders a page into a string that never grows, as in the baseline.
fn page(call: Call<'_>) -> impl FnMut() {
    let mut rendered = String::with_capacity(10_000);
    move || {
        rendered.clear();
        call(&mut rendered);
    }
}

/// Returns the baseline of a page: `Assets::url` and one `write_str` for each call of the page.
fn urls(assets: &Assets, paths: &[String]) -> impl FnMut() {
    let mut written = String::with_capacity(10_000);
    move || {
        written.clear();
        let out: &mut dyn Write = &mut written;
        for path in paths {
            out.write_str(&assets.url(path).unwrap()).unwrap();
        }
    }
}
