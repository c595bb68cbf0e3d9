//! Allocations of a call.

use std::fmt::Write as _;

use adapter_suite::Site;
use minijinja::{Environment, Value};

use crate::support::environment;

const URL: &str = "/static/css/app.7c98040a5416.css";

/// Adds a page of 100 calls.
fn add_page(env: &mut Environment<'_>, name: &str, call: &str) {
    let mut source = String::new();
    for _ in 0..100 {
        writeln!(source, "{{{{ {call} }}}}").unwrap();
    }
    env.add_template_owned(name.to_owned(), source).unwrap();
}

/// Returns the number of allocations and bytes of a page, after a first render has filled all caches.
fn allocations(env: &Environment<'_>, name: &str) -> (u64, u64) {
    let template = env.get_template(name).unwrap();
    let render = || template.render(()).unwrap();
    assert_eq!(render(), format!("{URL}\n").repeat(100).trim_end(), "{name}");
    let info = allocation_counter::measure(|| drop(render()));
    (info.count_total, info.bytes_total)
}

#[test]
fn helper_in_production_allocates_no_more_than_a_constant_function() {
    let site = Site::with_files(&["css/app.css", "css/print.css"]);
    let assets = site.production().build().unwrap();
    let mut env = environment(&assets);
    let constant = Value::from_safe_string(URL.to_owned());
    let filtered = constant.clone();
    env.add_function("constant", move |_: &str| constant.clone());
    env.add_filter("constant", move |_: &str| filtered.clone());
    for (name, call) in [
        ("call.html", "static('css/app.css')"),
        ("filter.html", "'css/app.css' | static"),
        ("call.txt", "static('css/app.css')"),
        ("filter.txt", "'css/app.css' | static"),
        ("constant.html", "constant('css/app.css')"),
        ("constant-filter.html", "'css/app.css' | constant"),
    ] {
        add_page(&mut env, name, call);
    }
    let check = |when: &str| {
        for (name, of) in [
            ("call.html", "constant.html"),
            ("filter.html", "constant-filter.html"),
            ("call.txt", "constant.html"),
            ("filter.txt", "constant-filter.html"),
        ] {
            let (ours, theirs) = (allocations(&env, name), allocations(&env, of));
            assert!(ours.0 <= theirs.0 && ours.1 <= theirs.1, "{name} {when}: {ours:?}, {of}: {theirs:?}");
        }
    };
    check("at first");
    assets.snapshot().scope(|| check("in a scope"));
    assets.reload().unwrap();
    check("after a reload");
    assets.snapshot().scope(|| check("in a scope after a reload"));
}
