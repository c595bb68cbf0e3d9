//! Tests reloads of releases while pages are rendered.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use fingerpost::{Assets, manifest::MANIFEST_NAME};
use fingerpost_collect::{CollectConfig, collect};
use minijinja::{Environment, context};
use tempfile::TempDir;

const FILES: usize = 40;

/// An output directory with two releases that have no content in common.
struct Site {
    out: TempDir,
    manifests: [Vec<u8>; 2],
    /// The expected page of each release.
    pages: [String; 2],
}

impl Site {
    fn new() -> Self {
        let out = TempDir::new().expect("a temporary directory");
        let [one, two] = ["one", "two"].map(|release| {
            let source = TempDir::new().expect("a temporary directory");
            for number in 0..FILES {
                let file = source.path().join(format!("{number}.css"));
                fs::write(file, format!("{release} {number}")).expect("a writable file");
            }
            collect(&CollectConfig::new(out.path()).source(source.path())).expect("a release");
            let page = render(
                &templates(&Assets::production(out.path()).expect("an output directory")),
                "page.html",
            );
            (fs::read(out.path().join(MANIFEST_NAME)).expect("a manifest"), page)
        });
        assert!(one.1.lines().zip(two.1.lines()).all(|(one, two)| one != two), "{one:?} {two:?}");
        Self { out, manifests: [one.0, two.0], pages: [one.1, two.1] }
    }

    fn dir(&self) -> &Path {
        self.out.path()
    }

    /// Activates a release, as a deploy does.
    fn publish(&self, release: usize) {
        let new = self.dir().join("new.json");
        fs::write(&new, &self.manifests[release]).expect("a writable file");
        fs::rename(new, self.dir().join(MANIFEST_NAME)).expect("a new manifest");
    }
}

fn templates(assets: &Assets) -> Environment<'static> {
    let mut env = Environment::new();
    fingerpost_minijinja::register(&mut env, assets);
    env.add_template(
        "page.html",
        "{% for number in range(40) %}{% set path = number ~ '.css' -%}
        {{ static(path) }} {{ path | static_url }} {{ static_integrity(path) }}\n{% endfor %}{{ app_version() }}",
    )
    .expect("a template");
    env
}

fn render(env: &Environment<'_>, template: &str) -> String {
    env.get_template(template).and_then(|page| page.render(context! {})).expect("a page")
}

#[test]
fn page_in_a_snapshot_scope_never_mixes_releases_during_500_reloads() {
    let site = Site::new();
    let assets = Assets::production(site.dir()).expect("an output directory");
    let env = templates(&assets);
    let rendered = [AtomicUsize::new(0), AtomicUsize::new(0)];
    thread::scope(|scope| {
        // This value is dropped when the reloads are complete, or when a reload panics.
        let reloading = Arc::new(());
        for _ in 0..3 {
            let reloads = Arc::downgrade(&reloading);
            let (site, assets, env, rendered) = (&site, &assets, &env, &rendered);
            scope.spawn(move || {
                while reloads.strong_count() > 0 {
                    let page = assets.snapshot().scope(|| render(env, "page.html"));
                    let release = site.pages.iter().position(|whole| *whole == page);
                    rendered[release.unwrap_or_else(|| panic!("a mixed page: {page}"))].fetch_add(1, Relaxed);
                }
            });
        }
        for round in 1..=500 {
            site.publish(round % 2);
            assets.reload().expect("a valid manifest");
            assert_eq!(render(&env, "page.html"), site.pages[round % 2], "the page after reload {round}");
        }
        drop(reloading);
    });
    let rendered = rendered.map(AtomicUsize::into_inner);
    assert!(rendered.iter().all(|pages| *pages > 10), "pages of each release: {rendered:?}");
}

#[test]
fn reload_during_rendering_affects_the_rest_of_the_page_unless_a_scope_pins_the_release() {
    let site = Arc::new(Site::new());
    let assets = Assets::production(site.dir()).expect("an output directory");
    let mut env = templates(&assets);
    let (deployed, deploys, reloaded) = (Arc::clone(&site), AtomicUsize::new(0), assets.clone());
    env.add_function("deploy", move || {
        deployed.publish(deploys.fetch_add(1, Relaxed) % 2);
        reloaded.reload().map(|_| "\n").expect("a valid manifest")
    });
    env.add_template("deploy.html", "{% include 'page.html' %}{{ deploy() }}{% include 'page.html' %}")
        .expect("a template");

    let [one, two] = &site.pages;
    let pinned = assets.snapshot().scope(|| render(&env, "deploy.html"));
    assert_eq!(pinned, format!("{two}\n{two}"));
    assert_eq!(render(&env, "page.html"), *one);
    assert_eq!(render(&env, "deploy.html"), format!("{one}\n{two}"));
}
