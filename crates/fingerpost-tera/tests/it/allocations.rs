//! Allocations of a call.

use std::io;

use tera::{Context, Kwargs, State, Tera, Value};

use crate::support::Engine as _;
use adapter_suite::Site;

const URL: &str = "/static/css/app.7c98040a5416.css";

/// Returns the number of allocations and bytes of a page of 100 calls, after a first render has filled all caches. The
/// output is discarded, so that only calls are counted.
fn allocations(tera: &Tera, name: &str) -> (u64, u64) {
    assert_eq!(tera.page(name), URL.repeat(100), "{name}");
    let context = Context::new();
    let render = || tera.render_to(name, &context, io::sink()).unwrap();
    let info = allocation_counter::measure(render);
    (info.count_total, info.bytes_total)
}

#[test]
fn helper_in_production_allocates_no_more_than_a_constant_function() {
    let site = Site::with_files(&["css/app.css", "css/print.css"]);
    let assets = site.production().build().unwrap();
    let mut tera = Tera::with_templates(&assets, &[]);
    let constant = Value::safe_string(URL);
    let filtered = constant.clone();
    tera.register_function("constant", move |_: Kwargs, _: &State<'_>| constant.clone());
    tera.register_filter("constant", move |_: &str, _: Kwargs, _: &State<'_>| filtered.clone());
    for kind in ["html", "txt"] {
        for (name, call) in [
            ("filter", "'css/app.css' | static"),
            ("call", "static(path='css/app.css')"),
            ("constant-filter", "'css/app.css' | constant"),
            ("constant-call", "constant(path='css/app.css')"),
        ] {
            tera.add(&format!("{name}.{kind}"), &format!("{{{{ {call} }}}}").repeat(100)).unwrap();
        }
    }
    let check = |when: &str| {
        for kind in ["html", "txt"] {
            let count = |name: &str| allocations(&tera, &format!("{name}.{kind}"));
            let filter = count("filter");
            assert_eq!(filter, count("constant-filter"), "{kind} {when}");
            assert_eq!(filter.0, 1, "only the stack of the engine is allocated; {kind} {when}");
            assert_eq!(count("call"), count("constant-call"), "{kind} {when}");
        }
    };
    check("at first");
    assets.snapshot().scope(|| check("in a scope"));
    assets.reload().unwrap();
    check("after a reload");
    assets.snapshot().scope(|| check("in a scope after a reload"));
}
