//! Registration of the helpers in environments.

use std::thread;

use adapter_suite::{Site, hash};
use fingerpost::Assets;
use minijinja::{Environment, ErrorKind, context};

use crate::support::{environment, render_error};

const SOURCE: &str = "{{ static('a.css') }} {{ 'a.css' | static }} {{ app_version() }}";

/// Returns assets with this base URL. Tests use several base URLs to distinguish the assets.
fn assets_at(site: &Site, base: &str) -> Assets {
    site.development().base_url(base).app_version(base.trim_matches('/')).build().unwrap()
}

fn expected(base: &str) -> String {
    let url = format!("{base}a.css?v=7c98040a5416");
    format!("{url} {url} {}", base.trim_matches('/'))
}

#[track_caller]
fn assert_page(env: &Environment<'_>, expected: &str) {
    assert_eq!(env.get_template("page.html").unwrap().render(()).unwrap(), expected);
}

#[test]
fn helpers_can_be_registered_before_or_after_templates_are_added() {
    let site = Site::with_files(&["a.css"]);
    let assets = assets_at(&site, "/one/");

    let mut env = Environment::new();
    crate::register(&mut env, &assets);
    env.add_template("page.html", SOURCE).unwrap();
    assert_page(&env, &expected("/one/"));

    let mut env = Environment::new();
    env.add_template("page.html", SOURCE).unwrap();
    crate::register(&mut env, &assets);
    assert_page(&env, &expected("/one/"));

    let mut env = Environment::new();
    env.set_loader(|name| Ok((name == "page.html").then(|| SOURCE.to_owned())));
    crate::register(&mut env, &assets);
    assert_page(&env, &expected("/one/"));

    let mut env = Environment::empty();
    env.add_template("page.html", SOURCE).unwrap();
    crate::register(&mut env, &assets);
    assert_page(&env, &expected("/one/"));
}

#[test]
fn last_registration_is_used() {
    let site = Site::with_files(&["a.css"]);
    let mut env = Environment::new();
    env.add_template("page.html", SOURCE).unwrap();
    env.add_function("static", |path: &str| path.to_owned());
    for base in ["/one/", "/one/", "/two/"] {
        crate::register(&mut env, &assets_at(&site, base));
        assert_page(&env, &expected(base));
    }
    env.add_function("static", |path: &str| path.to_owned());
    assert_page(&env, &expected("/two/").replacen("/two/a.css?v=7c98040a5416", "a.css", 1));
}

#[test]
fn environments_use_their_own_assets() {
    let sites = [Site::with_files(&["a.css"]), Site::with_files(&["a.css"])];
    let mut one = environment(&assets_at(&sites[0], "/one/"));
    let mut two = environment(&assets_at(&sites[1], "/two/"));
    one.add_template("page.html", SOURCE).unwrap();
    two.add_template("page.html", SOURCE).unwrap();
    let clone = one.clone();
    sites[0].publish(&["a.css"], "changed");
    let changed = expected("/one/").replace("7c98040a5416", &hash("changed"));
    assert_page(&one, &changed);
    assert_page(&two, &expected("/two/"));
    // Registering other assets in an environment does not change its clone.
    crate::register(&mut one, &assets_at(&sites[1], "/two/"));
    assert_page(&one, &expected("/two/"));
    assert_page(&clone, &changed);
}

#[test]
fn environment_outlives_its_assets_and_can_be_shared_between_threads() {
    let site = Site::with_files(&["a.css"]);
    let mut env = environment(&assets_at(&site, "/one/"));
    env.add_template("page.html", SOURCE).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| assert_page(&env, &expected("/one/"))));
        }
    });
}

#[test]
fn register_adds_only_the_helpers() {
    let site = Site::with_files(&["a.css"]);
    let names = |env: &Environment<'_>| {
        let mut names: Vec<_> = env.globals().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names
    };
    let mut env = Environment::empty();
    crate::register(&mut env, &site.production().build().unwrap());
    let helpers =
        ["app_version", "static", "static_importmap", "static_integrity", "static_tags", "static_url"];
    assert_eq!(names(&env), helpers);
}

#[test]
fn variable_named_like_a_helper_hides_the_function_but_not_the_filter() {
    let site = Site::with_files(&["a.css"]);
    let assets = site.production().build().unwrap();
    let env = environment(&assets);
    for source in [
        "{% set static = 'b.css' %}\n{{ static('a.css') }}",
        "{% for static in ['b.css'] %}\n{{ static('a.css') }}{% endfor %}",
        "{{ hidden }}\n{{ static('a.css') }}",
    ] {
        let context = if source.contains("hidden") {
            context! { static => "b.css" }
        } else {
            context! {}
        };
        let err = render_error(&env, "page.html", source, context);
        assert_eq!(err.kind(), ErrorKind::InvalidOperation);
        assert_eq!(err.detail(), Some("value of type string is not callable"));
        assert_eq!(err.line(), Some(2));
    }
    let source = "{{ static }} {{ 'a.css' | static }} {{ static_url('a.css') }}";
    let page = env.render_named_str("page.html", source, context! { static => "b.css" }).unwrap();
    assert_eq!(page, "b.css /static/a.7c98040a5416.css /static/a.7c98040a5416.css");
    // A macro named `static` replaces the function.
    let source = "{% macro static(path) %}[{{ path | static }}]{% endmacro %}{{ static('a.css') }}";
    let page = env.render_named_str("page.html", source, ()).unwrap();
    assert_eq!(page, "[/static/a.7c98040a5416.css]");
}
