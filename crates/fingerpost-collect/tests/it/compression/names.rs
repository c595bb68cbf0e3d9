//! Tests of the names of variants, and of conflicts with other files.

use std::fs;

use fingerpost::manifest::Encoding;
use fingerpost_collect::{ErrorKind, collect};

use super::{assert_variants_intact, config, decode, enabled_encodings, site, text};
use crate::site::Site;

#[test]
fn originals_have_the_same_variants() {
    let site = site();
    collect(&config(&site).originals(true)).unwrap();
    for encoding in enabled_encodings() {
        let [hashed, plain] = [site.hashed("css/a.css"), "css/a.css".to_owned()]
            .map(|file| fs::read(site.path("out").join(format!("{file}.{}", encoding.extension()))).unwrap());
        assert!(hashed == plain);
    }
}

#[test]
fn variants_of_originals_are_never_stale() {
    let site = site();
    let config = || site.config().originals(true);
    collect(&config().compress(["gzip"])).unwrap();
    // Writes other bytes of the same length.
    let length = fs::read(site.path("out/css/a.css.gz")).unwrap().len();
    site.write("out/css/a.css.gz", vec![0; length]);
    collect(&config().compress(["gzip"])).unwrap();
    assert_eq!(decode(Encoding::Gzip, &fs::read(site.path("out/css/a.css.gz")).unwrap()), text(1).as_bytes());

    // The file has no variant now. With a stale variant, a server would continue to send the old text.
    site.write("static/css/a.css", "a{}");
    site.write("out/foreign.css.gz", "by hand");
    collect(&config().compress(["gzip"])).unwrap();
    assert!(!site.path("out/css/a.css.gz").exists());
    assert!(site.path("out/b.js.gz").exists());

    // With compression turned off, variants are removed as well.
    let dry = collect(&config().dry_run(true)).unwrap();
    assert!(dry.release.is_some() && site.path("out/b.js.gz").exists());
    collect(&config()).unwrap();
    assert!(!site.path("out/b.js.gz").exists());
    assert_eq!(site.read("out/foreign.css.gz"), "by hand");
    assert_variants_intact(&site, "out");
}

#[test]
fn variant_with_the_name_of_an_asset_is_an_error() {
    let site = site();
    site.write("static/css/a.css.gz", "an author's own");
    let config = site.config().compress(["gzip"]);
    // Hashed names do not conflict.
    collect(&config).unwrap();
    let problem = "the compressed asset `css/a.css` and the asset `css/a.css.gz` both need `css/a.css.gz` in the output \
                   directory; rename one of them";
    assert_eq!(site.problems_of(&config.clone().originals(true)), [problem]);
    assert_eq!(collect(&config.clone().originals(true)).unwrap_err().kind(), ErrorKind::Clash);

    // A directory with the name of a variant is also a conflict.
    let hashed = site.hashed("b.js");
    site.write(&format!("static/{hashed}.gz/x.txt"), "x");
    let problem = format!(
        "the compressed asset `b.js` and the asset `{hashed}.gz/x.txt` both need `{hashed}.gz` in the output directory; \
         rename one of them"
    );
    fs::remove_file(site.path("out").join(format!("{hashed}.gz"))).unwrap();
    assert_eq!(site.problems_of(&config), [problem]);
}

#[test]
fn original_with_the_name_of_an_earlier_variant_is_an_error() {
    let site = site();
    let config = site.config().compress(["gzip"]);
    collect(&config).unwrap();
    let variant = format!("{}.gz", site.hashed("b.js"));
    site.write("static/b.js", "/* short */");
    site.write(&format!("static/{variant}"), "an author's own");
    let problem = format!("asset `{variant}` has a name that was published for `b.js` before; rename it");
    assert_eq!(site.problems_of(&config.originals(true)), [problem]);
}

#[test]
fn too_long_variant_name_is_an_error() {
    let name = format!("{}.css", "n".repeat(236));
    let site = Site::new(&[(&format!("static/{name}"), &text(1))]);
    site.collect();
    let [problem] = &site.problems_of(&site.config().compress(["gzip"]))[..] else { panic!("one problem") };
    assert!(problem.starts_with("the compressed name of asset `nnn"), "{problem}");
    assert!(problem.ends_with("n.css` has 256 bytes, more than the limit of 255; shorten it"), "{problem}");
}
