use std::{
    fs::File,
    time::{Duration, SystemTime},
};

use crate::site::Site;

const FILES: [(&str, &str); 6] = [
    ("static/z.css", "z"),
    ("static/a/b/c.js", "c"),
    ("static/a.js", "a"),
    ("static/a/b.svg", "b"),
    ("static/⊗.txt", "u"),
    ("static/empty", ""),
];

#[test]
fn equal_sources_produce_equal_output_bytes() {
    let mut shuffled = FILES;
    shuffled.reverse();
    shuffled.swap(1, 3);
    let [one, other] = [Site::new(&FILES), Site::new(&shuffled)];
    one.collect();
    other.collect();
    let published = |site: &Site| {
        let mut tree = site.tree("out");
        tree.retain(|name, _| !name.starts_with(".fingerpost/"));
        tree
    };
    assert_eq!(published(&one).len(), FILES.len() + 1);
    assert_eq!(published(&one), published(&other));
}

#[test]
fn modification_times_do_not_affect_the_output() {
    let site = Site::new(&FILES);
    site.collect();
    let manifest = site.read("out/staticfiles.json");
    let long_ago = SystemTime::now() - Duration::from_secs(1_000_000);
    for (path, _) in FILES {
        File::options().append(true).open(site.path(path)).unwrap().set_modified(long_ago).unwrap();
    }
    assert_eq!(site.collect().release, None);
    assert_eq!(site.read("out/staticfiles.json"), manifest);
}

#[test]
fn every_change_to_the_files_changes_the_manifest_hash() {
    let site = Site::new(&FILES);
    let mut hashes = vec![site.collect().hash];
    site.write("static/new", "n");
    hashes.push(site.collect().hash);
    site.write("static/new", "changed");
    hashes.push(site.collect().hash);
    site.remove("static/empty");
    hashes.push(site.collect().hash);
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 4);
}
