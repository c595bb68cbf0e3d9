//! Allocations per call.

use allocation_counter::measure;

use crate::support::{Dir, dev, later, production, publish};

#[test]
fn url_lookup_in_production_does_not_allocate() {
    let output = publish(&[("css/app.css", "a{}")], "/static/");
    let assets = production(&output).build().unwrap();
    let call = || drop(assets.url("css/app.css").unwrap());
    call();
    assert_eq!(measure(call).count_total, 0);
    assert_eq!(assets.snapshot().scope(|| measure(call)).count_total, 0);
}

#[test]
fn url_lookup_of_an_unchanged_file_in_development_does_not_allocate() {
    let dir = Dir::with_paths(&["css/app.css"]);
    let assets = dev(&dir).clock(later).build().unwrap();
    let call = || drop(assets.url("css/app.css").unwrap());
    call();
    assert_eq!(measure(call).count_total, 0);
}
