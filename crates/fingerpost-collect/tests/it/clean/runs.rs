use std::{fs, thread};

use fingerpost_collect::{CleanConfig, CollectConfig, ErrorKind, clean, collect};

use super::{clean_errors, cleaned, config_by_age, config_by_count, exists, published};
use crate::site::Site;

#[test]
fn report_counts_removed_files_and_bytes() {
    let site = published(&["one", "second"]);
    let before = site.path("out/.fingerpost/releases/1.json").metadata().unwrap().len();
    let report = cleaned(&config_by_count(&site));
    assert_eq!((report.files.len(), report.bytes), (1, before + "one".len() as u64));
    assert!(!report.dry_run && report.seconds > 0.0);
}

#[test]
fn dry_run_reports_the_same_releases_and_files_and_removes_nothing() {
    let site = published(&["one", "two"]);
    site.remove("out/.fingerpost/lock");
    let before = site.tree("out");
    let dry = cleaned(&config_by_count(&site).dry_run(true));
    assert_eq!(site.tree("out"), before);
    let real = cleaned(&config_by_count(&site));
    assert!(dry.dry_run && !real.dry_run);
    assert_eq!(
        (&dry.removed, &dry.kept, &dry.files, dry.bytes),
        (&real.removed, &real.kept, &real.files, real.bytes)
    );
    assert_eq!(real.removed, [1]);
}

#[test]
fn killed_clean_run_can_be_repeated() {
    let all = published(&["one", "two", "three"]);
    let report = cleaned(&config_by_count(&all));
    let killed_after = |names: &[&str], removed: &[u64]| {
        let site = published(&["one", "two", "three"]);
        names.iter().for_each(|name| site.remove(&format!("out/{name}")));
        assert_eq!(cleaned(&config_by_count(&site)).removed, removed);
        assert_eq!(site.names("out"), all.names("out"));
    };
    let [one, two] = [&*report.files[0], &*report.files[1]];
    killed_after(&[one], &[1, 2]);
    killed_after(&[one, two], &[1, 2]);
    killed_after(&[one, two, ".fingerpost/releases/1.json"], &[2]);
    killed_after(&[one, two, ".fingerpost/releases/1.json", ".fingerpost/releases/2.json"], &[]);

    // Simulates a run that was killed before it removed the empty directories.
    let site = Site::new(&[("static/a/b.css", "b"), ("static/c.css", "c")]);
    site.collect();
    fs::remove_dir_all(site.path("static/a")).unwrap();
    site.collect();
    site.remove(&format!("out/{}", site.release(1).manifest.get("a/b.css").unwrap().hashed));
    assert_eq!(cleaned(&config_by_count(&site)).files, [""; 0]);
    assert!(!exists(&site, "a"));
}

#[test]
fn unreadable_release_is_an_error_and_nothing_is_removed() {
    let site = published(&["one", "two", "three", "four"]);
    let [first, second] = [1, 2].map(|number| format!("out/.fingerpost/releases/{number}.json"));
    site.write(&first, "{");
    site.remove(&second);
    fs::create_dir(site.path(&second)).unwrap();
    let (kind, problems) = clean_errors(&site, &config_by_count(&site));
    assert_eq!((kind, problems.len()), (ErrorKind::Manifest, 2));
    let advice = "; the files of this release are unknown, so nothing is removed; restore the release file, or delete the \
                  release file: `clean` then ignores the release and never removes the files that only this release contains";
    assert!(
        problems[0].starts_with(&format!("manifest {} cannot be read: ", site.quoted_path(&first))),
        "{problems:?}"
    );
    assert!(problems[1].starts_with(&format!("cannot read {}: ", site.quoted_path(&second))), "{problems:?}");
    assert!(problems.iter().all(|problem| problem.ends_with(advice)), "{problems:?}");

    site.remove(&first);
    fs::remove_dir(site.path(&second)).unwrap();
    let report = cleaned(&config_by_count(&site));
    assert_eq!((&*report.removed, &*report.files), (&[3][..], &["css/a.8b5b9db0c13d.css".to_owned()][..]));
    assert!(exists(&site, "css/a.7692c3ad3540.css"), "files of a lost release are retained");
}

#[test]
fn missing_or_unreadable_manifest_is_an_error_and_nothing_is_removed() {
    let site = published(&["one", "two"]);
    let location = site.quoted_path("out/staticfiles.json");
    site.write("out/staticfiles.json", "[]");
    let advice = "restore it, or remove it and run `fingerpost collect` again";
    let damaged = format!("manifest {location} is not a JSON object; {advice}");
    assert_eq!(clean_errors(&site, &config_by_count(&site)), (ErrorKind::Manifest, vec![damaged]));

    site.remove("out/staticfiles.json");
    let advice = "the current release is unknown, so nothing is removed; restore the file, or run `fingerpost collect` again";
    let missing = format!("{location} does not exist; {advice}");
    assert_eq!(clean_errors(&site, &config_by_count(&site)), (ErrorKind::Manifest, vec![missing]));

    // Collects again, as the message advises. Every earlier release now counts as replaced.
    site.collect();
    assert_eq!(cleaned(&config_by_age(&site)).kept, [1, 2, 3]);
    assert_eq!(cleaned(&config_by_count(&site)).kept, [3]);
    site.assert_intact("out");
}

#[test]
fn missing_output_dir_is_an_error_and_is_not_created() {
    let site = Site::new(&[]);
    let advice = "correct the path, or collect into it first";
    let message = format!("output directory {} is not a directory; {advice}", site.quoted_path("out"));
    assert_eq!(clean_errors(&site, &config_by_count(&site)), (ErrorKind::Output, vec![message]));
    assert!(!site.path("out").exists());
    fs::create_dir(site.path("out")).unwrap();
    assert_eq!(clean_errors(&site, &config_by_count(&site)).0, ErrorKind::Manifest);
    assert!(!site.path("out/.fingerpost").exists());

    let none = clean(&CleanConfig::default()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Config);
    assert!(none.to_string().starts_with("no output directory is set; "), "{none}");
}

#[test]
fn concurrent_clean_and_collect_runs_execute_one_after_another() {
    let site = published(&["one"]);
    site.write("other/css/a.css", "two");
    let other = || CollectConfig::new(site.path("out")).source(site.path("other"));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| collect(&site.config()).unwrap());
            scope.spawn(|| collect(&other()).unwrap());
            scope.spawn(|| clean(&config_by_count(&site)).unwrap());
        }
    });
    site.assert_intact("out");
    cleaned(&config_by_count(&site));
    assert_eq!(site.release_numbers("out").len(), 1);
}
