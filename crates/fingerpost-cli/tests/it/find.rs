use crate::site::Site;

const NOT_COLLECTED: &str = "hint: it has not been collected yet; run `fingerpost collect`\n";

#[test]
fn an_asset_is_found_with_its_places_and_urls() {
    let site = Site::new(&[("static/a.css", "a"), ("theme/a.css", "b")]);
    let find = || site.run(&["find", "/a.css?x#y", "static", "theme", "--out", "out"]);
    let places = format!(
        "asset        a.css\nfile         {}\nhides        {}\ndevelopment  /static/a.css?x&v=ca978112ca1b#y\n",
        site.path("static/a.css").display(),
        site.path("theme/a.css").display(),
    );
    let ended = find();
    assert_eq!((ended.code, &*ended.stdout), (Some(0), &*places));
    assert_eq!(ended.stderr, NOT_COLLECTED);

    site.collect();
    let ended = find();
    let published = "production   /static/a.ca978112ca1b.css?x#y\nhashed path  a.ca978112ca1b.css\n";
    assert_eq!((ended.code, ended.stdout, &*ended.stderr), (Some(0), places + published, ""));
}

#[test]
fn an_asset_that_is_newer_than_the_manifest_is_found_all_the_same() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    site.write("static/b.css", "b");
    let ended = site.run(&["find", "b.css", "static", "--out", "out"]);
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 3));
    assert_eq!(ended.stderr, NOT_COLLECTED);
}

#[test]
fn an_unknown_asset_is_a_failure_that_names_the_nearest() {
    let site = Site::new(&[("static/css/app.css", "a"), ("fingerpost.toml", "sources = [\"static\"]")]);
    let ended = site.run(&["find", "css/ap.css"]);
    let source = site.shown("static");
    let problem = format!("asset `css/ap.css` was not found in {source} (did you mean `css/app.css`?)");
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""));
    assert_eq!(ended.stderr, format!("error: {problem}\n"));
}

#[test]
fn what_is_no_asset_says_why() {
    let site = Site::new(&[("static/css/.app.css", "a")]);
    let ended = site.run(&["find", "css/.app.css", "static"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("names that start with `.` are ignored"), "{}", ended.stderr);
    assert_eq!(site.run(&["find", "css/.app.css", "static", "--hidden"]).code, Some(0));

    let ended = site.run(&["find", "css/", "static"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(1), "error: `css/` names a directory and no asset\n"));
}

#[test]
fn a_manifest_that_was_made_for_another_base_url_is_a_failure() {
    let site = Site::new(&[("static/a.css", "a")]);
    site.collect();
    let ended = site.run(&["find", "a.css", "static", "--out", "out", "--base-url", "/other/"]);
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""));
    assert!(ended.stderr.contains("was made for `/static/`"), "{}", ended.stderr);
}
