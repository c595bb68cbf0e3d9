//! Allocations of the template functions.

use askama::{Template, Values};
use fingerpost_askama::{StaticHelpers as _, values};

use crate::support::{in_own_process, page, release};

#[derive(Template)]
#[template(
    source = r#"{% for path in paths %}{{ static(path) }}{{ static("css/app.css") }}{{ static_url(path) }}{{ app_version() }}{% endfor %}"#,
    ext = "html"
)]
struct Calls {
    paths: [&'static str; 100],
}

const CALLS: Calls = Calls { paths: ["css/app.css"; 100] };

/// Returns the number of allocations while a page with many calls is rendered. The output string does not grow.
#[track_caller]
fn allocations(values: &dyn Values) -> u64 {
    let mut out = String::with_capacity(40_000);
    let mut render = || CALLS.render_into_with_values(&mut out, values).unwrap();
    render(); // The first rendering creates the thread-local values.
    allocation_counter::measure(render).count_total
}

#[test]
fn functions_do_not_allocate_in_production() {
    let (_site, assets) = release("one");
    assert!(page(&assets, &CALLS).starts_with("/static/css/app."));
    assert_eq!(allocations(&values(&assets)), 0);
    assets.snapshot().scope(|| {
        assert_eq!(allocations(&values(&assets)), 0);
        assert_eq!(allocations(askama::NO_VALUES), 0);
    });
    assets.reload().unwrap();
    assert_eq!(allocations(&values(&assets)), 0);
}

#[test]
fn functions_do_not_allocate_with_the_assets_of_init() {
    let count = in_own_process(|| {
        fingerpost_askama::init(release("one").1).unwrap();
        allocations(askama::NO_VALUES).to_string()
    });
    assert_eq!(count, "0");
}
