//! What a call costs in allocations.

use std::{thread, time::Duration};

use allocation_counter::measure;

use crate::support::{Dir, dev, production, publish};

#[test]
fn a_url_in_production_allocates_nothing_also_in_a_scope() {
    let output = publish(&[("css/app.css", "a{}")], "/static/");
    let assets = production(&output).build().unwrap();
    let call = || drop(assets.url("css/app.css").unwrap());
    call();
    assert_eq!(measure(call).count_total, 0);
    assert_eq!(assets.snapshot().scope(|| measure(call)).count_total, 0);
}

#[test]
fn a_url_of_an_unchanged_file_allocates_nothing_in_development() {
    let dir = Dir::of(&["css/app.css"]);
    let assets = dev(&dir).build().unwrap();
    let call = || drop(assets.url("css/app.css").unwrap());
    thread::sleep(Duration::from_millis(2_100));
    call();
    assert_eq!(measure(call).count_total, 0);
}
