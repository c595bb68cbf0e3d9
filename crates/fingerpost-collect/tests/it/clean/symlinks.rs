use std::{fs, os::unix::fs::symlink};

use fingerpost_collect::ErrorKind;

use super::{clean_errors, cleaned, config_by_count, file_of, published};

#[test]
fn nothing_is_removed_through_a_symlink() {
    let site = published(&["one", "two"]);
    // The directory is moved, and its old path becomes a symlink to the new path.
    fs::rename(site.path("out/css"), site.path("elsewhere")).unwrap();
    symlink(site.path("elsewhere"), site.path("out/css")).unwrap();
    let before = site.tree("elsewhere");
    assert_eq!(cleaned(&config_by_count(&site)).files, [""; 0]);
    assert_eq!(site.tree("elsewhere"), before);
    assert!(site.path("out/css").is_symlink());
}

#[test]
fn symlink_to_a_file_is_left_unchanged() {
    let site = published(&["one", "two"]);
    let file = format!("out/{}", file_of(&site, 1));
    site.remove(&file);
    site.write("mine.css", "one");
    symlink(site.path("mine.css"), site.path(&file)).unwrap();
    assert_eq!(cleaned(&config_by_count(&site)).files, [""; 0]);
    assert!(site.path(&file).is_symlink() && site.path("mine.css").exists());
}

#[test]
fn symlinked_metadata_is_an_error() {
    let site = published(&["one", "two"]);
    for name in ["out/.fingerpost/lock", "out/.fingerpost/releases", "out/.fingerpost"] {
        let moved = site.path("moved");
        fs::rename(site.path(name), &moved).unwrap();
        symlink(&moved, site.path(name)).unwrap();
        let (kind, problems) = clean_errors(&site, &config_by_count(&site));
        let advice =
            "nothing outside of the output directory is changed; replace the symlink with its target";
        assert_eq!(
            (kind, problems),
            (ErrorKind::Output, vec![format!("{} is a symlink; {advice}", site.quoted_path(name))])
        );
        fs::remove_file(site.path(name)).unwrap();
        fs::rename(&moved, site.path(name)).unwrap();
    }
    assert_eq!(cleaned(&config_by_count(&site)).removed, [1]);
}

#[test]
fn output_dir_may_be_a_symlink() {
    let site = published(&["one", "two"]);
    fs::rename(site.path("out"), site.path("real")).unwrap();
    symlink(site.path("real"), site.path("out")).unwrap();
    assert_eq!(cleaned(&config_by_count(&site)).files.len(), 1);
    site.assert_intact("out");
}
