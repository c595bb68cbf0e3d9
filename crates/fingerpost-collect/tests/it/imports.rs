//! Tests of the static imports in the manifest.

use fingerpost_collect::collect;

use crate::site::{Site, later};

/// Returns the static imports of an asset in the manifest.
#[track_caller]
fn imports(site: &Site, path: &str) -> Vec<String> {
    let manifest = site.manifest("out");
    let info = manifest.get(path).expect("a collected asset").info.as_ref().expect("the info of the asset");
    info.imports.iter().map(ToString::to_string).collect()
}

#[test]
fn static_imports_are_listed_in_the_order_of_the_script() {
    let site = Site::new(&[
        (
            "static/js/app.js",
            "import z from './z.js';\nexport * from '../lib/a.mjs'\nexport {b} from \"/static/js/b.js\";\n\
             import './z.js';import sheet from '../css/app.css' with {type: 'css'};\n\
             import('./dynamic.js'); new URL('./c.js', import.meta.url); import.meta.resolve('./c.js');\n\
             import 'bare'; import 'https://example.com/x.js'; //# sourceMappingURL=app.js.map",
        ),
        ("static/js/z.js", "import './z.js'; import './app.js'"),
        ("static/lib/a.mjs", ""),
        ("static/js/b.js", ""),
        ("static/js/c.js", ""),
        ("static/js/dynamic.js", ""),
        ("static/js/app.js.map", "{}"),
        ("static/css/app.css", "@import 'base.css'"),
        ("static/css/base.css", ""),
    ]);
    site.collect();
    assert_eq!(imports(&site, "js/app.js"), ["js/z.js", "lib/a.mjs", "js/b.js", "css/app.css"]);
    assert_eq!(imports(&site, "js/z.js"), ["js/z.js", "js/app.js"]);
    assert_eq!(imports(&site, "lib/a.mjs"), [""; 0]);
    assert_eq!(imports(&site, "css/app.css"), [""; 0]);
    assert_eq!(site.read("out/staticfiles.json").matches("\"imports\"").count(), 2);
}

#[test]
fn import_of_a_url_that_differs_from_the_url_of_the_asset_is_not_listed() {
    let site = Site::new(&[
        (
            "static/app.js",
            "import './a.js?x'; import './a.js#y'; import './%61.js'; import './b%20(1).js'; import './b (1).js';\n\
             import './ü c.js'; import '.\\u002f\\x64.js '",
        ),
        ("static/a.js", ""),
        ("static/b (1).js", ""),
        ("static/ü c.js", ""),
        ("static/d.js", ""),
    ]);
    site.collect();
    assert_eq!(imports(&site, "app.js"), ["ü c.js", "d.js"]);
}

#[test]
fn imports_of_unchanged_scripts_come_from_the_cache() {
    let site = Site::new(&[("static/app.js", "import './b.js'"), ("static/b.js", "")]);
    collect(&site.config().clock(later)).expect("a first run");
    let first = site.read("out/staticfiles.json");
    site.remove("out/staticfiles.json");
    collect(&site.config().clock(later)).expect("a second run");
    assert_eq!(site.read("out/staticfiles.json"), first);
    assert_eq!(imports(&site, "app.js"), ["b.js"]);
}

#[test]
fn imports_are_added_to_the_manifest_of_an_earlier_version() {
    let site = Site::new(&[("static/app.js", "import './b.js'"), ("static/b.js", "")]);
    let hash = |site: &Site| site.manifest("out").hash();
    site.collect();
    let first = hash(&site);
    for file in ["out/staticfiles.json", "out/.fingerpost/releases/1.json"] {
        let mut json: serde_json::Value = serde_json::from_str(&site.read(file)).expect("JSON");
        let manifest = if file.ends_with("1.json") { &mut json["manifest"] } else { &mut json };
        let info = manifest["fingerpost"]["files"]["app.js"].as_object_mut().expect("an info");
        assert!(info.remove("imports").is_some(), "{file}");
        site.write(file, json.to_string());
    }
    assert_eq!(imports(&site, "app.js"), [""; 0]);
    site.collect();
    assert_eq!(imports(&site, "app.js"), ["b.js"]);
    assert_eq!((hash(&site), site.release_numbers("out")), (first, vec![1, 2]));
    site.assert_intact("out");
    site.collect();
    assert_eq!(site.release_numbers("out"), [1, 2]);
}

#[test]
fn import_that_does_not_exist_is_not_listed() {
    use fingerpost_collect::{Rule, Severity};

    let site = Site::new(&[("static/app.js", "import './a.js'; import './b.js'"), ("static/b.js", "")]);
    collect(&site.config().severity(Rule::Missing, Severity::Ignore)).expect("a run with a broken reference");
    assert_eq!(imports(&site, "app.js"), ["b.js"]);
}
