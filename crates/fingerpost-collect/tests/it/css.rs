//! Tests of references in style sheets.

use fingerpost_collect::{ErrorKind, Rule, collect};

use crate::{
    rewritten::Rewritten,
    site::{Site, warnings},
};

const OTHERS: [&str; 14] = [
    "css/a.jpg",
    "css/a.png",
    "css/a.woff2",
    "css/b.png",
    "css/f.css.map",
    "css/f.eot",
    "css/f.svg",
    "css/n",
    "css/noext",
    "css/o.css",
    "css/x.svg",
    "img/a.png",
    "img/a.tar.gz",
    "img/b c.png",
];

fn app() -> Rewritten<'static> {
    Rewritten::new("css/app.css", &OTHERS)
}

#[test]
fn hash_is_inserted_into_the_last_segment_of_a_reference() {
    let app = app();
    for (written, expected) in [
        ("a{b:url(../img/a.png)}", "a{b:url(../img/a.{img/a.png}.png)}"),
        ("a{b:url(\"../img/a.png\")}", "a{b:url(\"../img/a.{img/a.png}.png\")}"),
        ("a{b:url('../img/a.png')}", "a{b:url('../img/a.{img/a.png}.png')}"),
        ("a{b:url( ../img/a.png )}", "a{b:url( ../img/a.{img/a.png}.png )}"),
        ("a{b:url( \"../img/a.png\" )}", "a{b:url( \"../img/a.{img/a.png}.png\" )}"),
        ("a{b:url(\n\t../img/a.png\r\n)}", "a{b:url(\n\t../img/a.{img/a.png}.png\r\n)}"),
        ("a{b:URL(../img/a.png)}", "a{b:URL(../img/a.{img/a.png}.png)}"),
        ("a{b:url(./a.png)}", "a{b:url(./a.{css/a.png}.png)}"),
        ("a{b:url(../css/../img/a.png)}", "a{b:url(../css/../img/a.{img/a.png}.png)}"),
        ("a{b:url(../img/a.tar.gz)}", "a{b:url(../img/a.tar.{img/a.tar.gz}.gz)}"),
        ("a{b:url(noext)}", "a{b:url(noext.{css/noext})}"),
        ("a{b:url(\"/static/img/a.png\")}", "a{b:url(\"/static/img/a.{img/a.png}.png\")}"),
        ("a{b:url(f.svg) url(f.svg)}", "a{b:url(f.{css/f.svg}.svg) url(f.{css/f.svg}.svg)}"),
        ("a{b:image(url(a.jpg), skyblue)}", "a{b:image(url(a.{css/a.jpg}.jpg), skyblue)}"),
        ("a{b:src(\"a.woff2\")}", "a{b:src(\"a.{css/a.woff2}.woff2\")}"),
        ("a{--x: url(../img/a.png)}", "a{--x: url(../img/a.{img/a.png}.png)}"),
        ("@media x{a{b:url(a.png)", "@media x{a{b:url(a.{css/a.png}.png)"),
    ] {
        app.assert_rewritten(written, expected);
    }
}

#[test]
fn syntax_of_import_rules_is_preserved() {
    let app = app();
    for (written, expected) in [
        ("@IMporT uRL(\"o.css\");", "@IMporT uRL(\"o.{css/o.css}.css\");"),
        ("@import \"o.css\";", "@import \"o.{css/o.css}.css\";"),
        ("@import'o.css'", "@import'o.{css/o.css}.css'"),
        ("@import /* c */ \"o.css\";", "@import /* c */ \"o.{css/o.css}.css\";"),
        ("@import \"o.css\" layer(x) screen;", "@import \"o.{css/o.css}.css\" layer(x) screen;"),
        ("@import url(o.css) supports(a: b);", "@import url(o.{css/o.css}.css) supports(a: b);"),
    ] {
        app.assert_rewritten(written, expected);
    }
}

#[test]
fn query_and_fragment_are_preserved() {
    let app = app();
    for (written, expected) in [
        ("a{b:url(f.eot?#iefix)}", "a{b:url(f.{css/f.eot}.eot?#iefix)}"),
        ("a{b:url(x.svg#icon)}", "a{b:url(x.{css/x.svg}.svg#icon)}"),
        ("a{b:url(a.png?v=1#x)}", "a{b:url(a.{css/a.png}.png?v=1#x)}"),
        (
            "a{b:url('x.svg#svgView(viewBox(0,0,9,9))')}",
            "a{b:url('x.{css/x.svg}.svg#svgView(viewBox(0,0,9,9))')}",
        ),
        ("a{b:url('f.svg#path/to/../../f.svg')}", "a{b:url('f.{css/f.svg}.svg#path/to/../../f.svg')}"),
    ] {
        app.assert_rewritten(written, expected);
    }
}

#[test]
fn strings_in_image_set_are_references_except_in_type() {
    app().assert_rewritten(
        "a{b:image-set(\"../img/a.png\" 1x, url(b.png) 2x, 'a.jpg' type(\"image/avif\"))}",
        "a{b:image-set(\"../img/a.{img/a.png}.png\" 1x, url(b.{css/b.png}.png) 2x, 'a.{css/a.jpg}.jpg' \
         type(\"image/avif\"))}",
    );
    // The type is also the name of a file.
    app().assert_unchanged("a{b:image-set(type(\"a.png\"))}");
}

#[test]
fn escaped_and_encoded_names_resolve_to_the_same_file() {
    let app = app();
    for (written, expected) in [
        ("a{b:url(\"../img/b c.png\")}", "a{b:url(\"../img/b c.{img/b c.png}.png\")}"),
        ("a{b:url(../img/b%20c.png)}", "a{b:url(../img/b%20c.{img/b c.png}.png)}"),
        ("a{b:url(../img/b\\ c.png)}", "a{b:url(../img/b\\ c.{img/b c.png}.png)}"),
        ("a{b:url(../img/b\\20 c.png)}", "a{b:url(../img/b\\20 c.{img/b c.png}.png)}"),
        ("a{b:u\\72l(\\61.png)}", "a{b:u\\72l(\\61.{css/a.png}.png)}"),
        // The hash cannot be inserted before an escaped dot, so the whole name is replaced.
        ("a{b:url(a\\2e png)}", "a{b:url(a.{css/a.png}.png)}"),
        ("a{b:url(../img/b\\ c\\2epng)}", "a{b:url(../img/b%20c.{img/b c.png}.png)}"),
        ("a{b:url(\"../img/a%2Epng\")}", "a{b:url(\"../img/a.{img/a.png}.png\")}"),
    ] {
        app.assert_rewritten(written, expected);
    }
}

#[test]
fn urls_of_other_sites_and_text_without_references_are_unchanged() {
    let app = app();
    for reference in [
        "/media/x.png",
        "#foobar",
        "http:foobar",
        "https:",
        "data:image/png;base64,AAAA",
        "chrome:x",
        "//foobar",
        "HTTPS://x/a.png",
        "../img/",
        "",
    ] {
        app.assert_unchanged(&format!("a{{b:url({reference})}}"));
        app.assert_unchanged(&format!("a{{b:url(\"{reference}\")}}"));
    }
    for text in [
        "a{behavior: url(\"#default#VML\")}",
        "a{b:url(\"data:image/svg+xml,url(%23b) url(%23c)\")}",
        "/* url(nope.png) @import 'o.css' */",
        "a{content:\"url(nope.png)\"}",
        "a{content:'\\\nurl(a.png)'}",
        "@namespace url(http://www.w3.org/1999/xhtml);",
        "@namespace url(x);",
        "@namespace url(n);@namespace p 'n';",
    ] {
        app.assert_unchanged(text);
    }
    let at_the_root = Rewritten::new("css/app.css", &["foobar", "css/foobar"]).base_url("/");
    at_the_root.assert_unchanged("a{b:url(\"//foobar\")}");
    at_the_root.assert_rewritten("a{b:url(\"/foobar\")}", "a{b:url(\"/foobar.{foobar}\")}");
}

#[test]
fn reference_that_leaves_the_base_url_is_an_error() {
    let app = app();
    app.site.write("etc/passwd", "secret");
    app.write("a{b:url(../../etc/passwd)}");
    let [problem] = &app.site.problems_of(&app.config())[..] else { panic!("one problem") };
    assert!(
        problem.contains("`../../etc/passwd` leaves the base URL: it resolves to `/etc/passwd`"),
        "{problem}"
    );
    assert_eq!(collect(&app.config()).unwrap_err().kind(), ErrorKind::Rule(Rule::LeavesBase));
}

#[test]
fn missing_files_are_reported() {
    let app = app();
    app.write("a{b:url(../img/aa.png)}");
    let [problem] = &app.site.problems_of(&app.config())[..] else { panic!("one problem") };
    assert!(problem.contains("`../img/aa.png` points to `img/aa.png`, which does not exist"), "{problem}");
    assert!(problem.contains("`img/a.png`"), "{problem}");
    assert_eq!(collect(&app.config()).unwrap_err().kind(), ErrorKind::Rule(Rule::Missing));
}

#[test]
fn cycles_are_allowed_and_renamed_together() {
    let site = Site::new(&[
        ("static/a.css", "@import 'b.css';"),
        ("static/b.css", "@import 'c.css';"),
        ("static/c.css", "@import 'a.css';"),
        ("static/t.css", "@import \"t.css\";"),
    ]);
    let names = || ["a.css", "b.css", "c.css", "t.css"].map(|path| site.hashed(path));
    site.collect();
    let before = names();
    let [a, b, c, t] = &before;
    let text = |name: &str| site.read(&format!("out/{name}"));
    assert_eq!([text(a), text(b), text(c)], [b, c, a].map(|name| format!("@import '{name}';")));
    assert_eq!(text(t), format!("@import \"{t}\";"));

    site.write("static/c.css", "@import 'a.css';/**/");
    site.collect();
    let after = names();
    assert!(before.iter().zip(&after).take(3).all(|(before, after)| before != after), "{after:?}");
    assert_eq!(after[3], before[3]);
}

#[test]
fn changed_image_renames_direct_and_indirect_referrers() {
    let site = Site::new(&[
        ("static/a.png", "a"),
        ("static/uses.css", "a{b:url(a.png)}"),
        ("static/imports.css", "@import 'uses.css';"),
        ("static/other.css", "a{b:url(b.png)}"),
        ("static/b.png", "b"),
    ]);
    let names = || ["a.png", "uses.css", "imports.css", "other.css", "b.png"].map(|path| site.hashed(path));
    site.collect();
    let before = names();
    site.write("static/a.png", "changed");
    assert_eq!(site.collect().written, 3);
    let renamed: Vec<_> = before.iter().zip(names()).map(|(before, after)| *before != after).collect();
    assert_eq!(renamed, [true, true, true, false, false]);
}

#[test]
fn source_map_comments_are_references() {
    let app = app();
    for (written, expected) in [
        (
            "a{}\r\n/*# sourceMappingURL=f.css.map */\r\n",
            "a{}\r\n/*# sourceMappingURL=f.css.{css/f.css.map}.map */\r\n",
        ),
        (
            "a{}\n/*#\tsourceMappingURL=f.css.map\t*/",
            "a{}\n/*#\tsourceMappingURL=f.css.{css/f.css.map}.map\t*/",
        ),
        ("a{b:c}/*@ sourceMappingURL=f.css.map*/", "a{b:c}/*@ sourceMappingURL=f.css.{css/f.css.map}.map*/"),
    ] {
        app.assert_rewritten(written, expected);
    }
    for text in [
        "/*# sOuRcEMaPpInGURL=f.css.map */",
        "/*# sourceMappingURL=data:application/json,{} */",
        "a{content:'/*# sourceMappingURL=f.css.map */'}",
    ] {
        app.assert_unchanged(text);
    }
}

#[test]
fn missing_source_map_is_a_warning() {
    let text = "a{}/*# sourceMappingURL=nope.css.map */";
    let [warning] = &warnings(&app().assert_rewritten(text, text))[..] else { panic!("one warning") };
    assert!(
        warning.contains("`nope.css.map` points to `css/nope.css.map`, which does not exist"),
        "{warning}"
    );
}

#[test]
fn all_other_bytes_are_preserved() {
    let app = app();
    let hash = |app: &Rewritten<'_>| app.site.hashed("css/a.png")["css/a.".len()..][..12].to_owned();
    for (before, after) in [
        (&b"/* caf\xe9 */\r\na{b:url("[..], &b");c:'\xff\xfe'}\r\n"[..]),
        (b"\xef\xbb\xbfa{b:url(", b")}\r\n"),
        (b"\xef\xbb\xbf@charset 'utf-8';\r\n@import url(", b");\n\ra{}"),
        (b"\0a{b:url(", b")}\0"),
    ] {
        app.write([before, b"a.png", after].concat());
        collect(&app.config()).unwrap();
        let expected = [before, b"a.", hash(&app).as_bytes(), b".png", after].concat();
        assert_eq!(app.collected(), expected, "{}", String::from_utf8_lossy(before));
    }
}

#[test]
fn file_name_with_a_percent_sign_matches_only_its_encoded_url() {
    let percent = Rewritten::new("app.css", &["%2F.txt", "100%.txt"]);
    percent.assert_rewritten(
        "a{b:url(%252F.txt) url(100%25.txt)}",
        "a{b:url(%252F.{%2F.txt}.txt) url(100%25.{100%.txt}.txt)}",
    );
}

#[test]
fn encoded_slash_in_the_base_url_is_not_a_path_separator() {
    let app = Rewritten::new("css/app.css", &["x.png"]).base_url("/a%2Fb/");
    app.assert_rewritten(
        "a{b:url(/a%2Fb/x.png) url(/a%2fb/x.png) url(../x.png) url(/a/b/x.png) url(/a%252Fb/x.png)}",
        "a{b:url(/a%2Fb/x.{x.png}.png) url(/a%2fb/x.{x.png}.png) url(../x.{x.png}.png) url(/a/b/x.png) \
         url(/a%252Fb/x.png)}",
    );
    Rewritten::new("css/app.css", &["x.png"]).base_url("/a/b/").assert_unchanged("a{b:url(/a%2Fb/x.png)}");
}

#[test]
fn nul_does_not_shift_reference_positions() {
    let site = Site::new(&[
        ("static/a.png", "image"),
        ("static/LICENSE", "text"),
        ("static/nul.css", "a{b:url(x\0/../a.png)}"),
        ("static/end.css", "a{b:url(x\0\0\0/../LICENSE"),
    ]);
    site.collect();
    let text = |path| site.read(&format!("out/{}", site.hashed(path)));
    assert_eq!(text("nul.css"), format!("a{{b:url(x\0/../{})}}", site.hashed("a.png")));
    assert_eq!(text("end.css"), format!("a{{b:url(x\0\0\0/../{}", site.hashed("LICENSE")));
}

#[test]
fn utf_16_file_is_left_unchanged_and_reported() {
    let app = Rewritten::new("css/app.css", &["css/a.png"]);
    let text = |bytes: fn(u16) -> [u8; 2]| {
        "\u{feff}a{b:url(a.png)}".encode_utf16().flat_map(bytes).collect::<Vec<_>>()
    };
    for text in [text(u16::to_le_bytes), text(u16::to_be_bytes)] {
        app.write(&text);
        let report = app.site.collect();
        assert_eq!(app.collected(), text);
        let [warning] = &report.warnings[..] else { panic!("{:?}", report.warnings) };
        assert!(warning.to_string().contains("the file is UTF-16; save it as UTF-8"), "{warning}");
    }
}
