//! Tests of source map comments in scripts, with and without the feature `js`.

use crate::{rewritten::Rewritten, site::warnings};

fn app() -> Rewritten<'static> {
    Rewritten::new("js/app.js", &["js/m.js", "js/m.js.map"])
}

#[cfg(feature = "js")]
#[test]
fn only_the_source_map_comment_of_an_invalid_script_is_rewritten() {
    let app = app();
    for text in [
        "import './m.js'; )",
        "import './m.js'; import './m.js' {}",
        "import './m.js'\n<!-- x",
        "'use",
        "{{ template }}",
    ] {
        app.assert_rewritten(
            &format!("{text}\n//# sourceMappingURL=m.js.map\n"),
            &format!("{text}\n//# sourceMappingURL=m.js.{{js/m.js.map}}.map\n"),
        );
        app.assert_rewritten(text, text);
    }
    app.write(b"import './m.js'; \xff\xfe )");
    fingerpost_collect::collect(&app.config()).unwrap();
    assert_eq!(app.collected(), b"import './m.js'; \xff\xfe )");
}

#[test]
fn source_map_comments_are_references() {
    let app = app();
    for written in [
        "a()\r\n//# sourceMappingURL=m.js.map\r\n",
        "a() //@ sourceMappingURL=m.js.map",
        "a()\n/*# sourceMappingURL=m.js.map */\n",
        "caf\u{e9}()\n//#\tsourceMappingURL=m.js.map\t\n",
    ] {
        app.assert_rewritten(written, &written.replace("m.js.map", "m.js.{js/m.js.map}.map"));
    }
    for text in [
        "//# sOuRcEMaPpInGURL=m.js.map",
        "//# sourceMappingURL=data:application/json,{}",
        "x = '//# sourceMappingURL=m.js.map'",
        "x = `\n//# sourceMappingURL=m.js.map\n`",
    ] {
        app.assert_unchanged(text);
    }
}

#[test]
fn missing_source_map_is_a_warning() {
    let text = "a()\n//# sourceMappingURL=nope.js.map\n";
    let [warning] = &warnings(&app().assert_rewritten(text, text))[..] else { panic!("one warning") };
    assert!(warning.contains("`nope.js.map` points to `js/nope.js.map`, which does not exist"), "{warning}");
}
