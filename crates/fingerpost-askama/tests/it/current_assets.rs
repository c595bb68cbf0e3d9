//! The assets that a helper uses: the runtime value, then the scope, then the global.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    fmt,
    rc::Rc,
    sync::Arc,
};

use askama::{Template, Values};
use fingerpost::Assets;
use fingerpost_askama::{ErrorKind, KEY, StaticHelpers as _, filters, init, values};

use crate::support::{hashed_path, in_own_process, own_error, release};

#[derive(Template)]
#[template(source = r#"{{ static("css/app.css") }}"#, ext = "html")]
struct Page;

#[derive(Template)]
#[template(source = r#"{{ "css/app.css"|static }}"#, ext = "html")]
struct Filtered;

/// Returns the URL. Checks that function and filter return the same URL.
#[track_caller]
fn render(values: &dyn Values) -> String {
    let url = Page.render_with_values(values).unwrap();
    assert_eq!(Filtered.render_with_values(values).unwrap(), url);
    url
}

#[track_caller]
fn render_without_values() -> String {
    render(askama::NO_VALUES)
}

#[test]
fn runtime_value_may_be_passed_in_any_values_type() {
    let (_site, assets) = release("one");
    let one = hashed_path("one");
    assert_eq!(render(&values(&assets)), one);
    assert_eq!(render(&(KEY, &assets as &dyn Any)), one);
    assert_eq!(render(&[("other", &7 as &dyn Any), values(&assets)]), one);
    assert_eq!(render(&vec![values(&assets), ("other", &7)]), one);
    assert_eq!(render(&HashMap::from([values(&assets)])), one);
    assert_eq!(render(&BTreeMap::from([values(&assets)])), one);
    let pointers: [Box<dyn Any>; 4] = [
        Box::new(assets.clone()),
        Box::new(Arc::new(assets.clone())),
        Box::new(Rc::new(assets.clone())),
        Box::new(Box::new(assets.clone())),
    ];
    for pointer in &pointers {
        assert_eq!(render(&(KEY, &**pointer)), one);
    }
}

#[test]
fn scope_is_used_without_a_runtime_value() {
    let ((_one, one), (_two, two)) = (release("one"), release("two"));
    one.snapshot().scope(|| {
        assert_eq!(render_without_values(), hashed_path("one"));
        two.snapshot().scope(|| assert_eq!(render_without_values(), hashed_path("two")));
        assert_eq!(render_without_values(), hashed_path("one"));
        assert_eq!(render(&("other", &7 as &dyn Any)), hashed_path("one"));
        assert_eq!(render(&(KEY, None::<&dyn Any>)), hashed_path("one"));
    });
}

#[test]
fn runtime_value_overrides_the_scope_of_other_assets() {
    let ((_one, one), (_two, two)) = (release("one"), release("two"));
    one.snapshot().scope(|| {
        assert_eq!(render(&values(&two)), hashed_path("two"));
        assert_eq!(render(&values(&one)), hashed_path("one"));
    });
}

#[test]
fn runtime_value_uses_the_scope_of_the_same_assets() {
    let ((site, assets), (_other, other)) = (release("one"), release("other"));
    let before = assets.snapshot();
    site.publish(&["css/app.css"], "two");
    assets.reload().unwrap();
    assert_eq!(render(&values(&assets)), hashed_path("two"));
    before.scope(|| {
        assert_eq!(render(&values(&assets)), hashed_path("one"));
        assert_eq!(render(&values(&assets.clone())), hashed_path("one"));
        other.snapshot().scope(|| assert_eq!(render(&values(&assets)), hashed_path("one")));
    });
}

/// A writer that renders a page of another site on every write.
struct RenderingWriter<'a> {
    other: &'a Assets,
    seen: Vec<String>,
}

impl fmt::Write for RenderingWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let other = self.other.snapshot().scope(render_without_values);
        self.seen.extend([text.to_owned(), other, render_without_values()]);
        Ok(())
    }
}

#[test]
fn writer_may_enter_scopes_during_rendering() {
    let ((_one, one), (_two, two)) = (release("one"), release("two"));
    let mut out = RenderingWriter { other: &two, seen: Vec::new() };
    one.snapshot().scope(|| Page.render_into(&mut out)).unwrap();
    assert_eq!(out.seen, [hashed_path("one"), hashed_path("two"), hashed_path("one")]);
}

#[test]
fn thread_may_alternate_between_two_sites() {
    let ((_one, one), (_two, two)) = (release("one"), release("two"));
    for _ in 0..2 {
        for (assets, content) in [(&one, "one"), (&two, "two")] {
            assert_eq!(render(&values(assets)), hashed_path(content));
            assert_eq!(assets.snapshot().scope(render_without_values), hashed_path(content));
        }
    }
}

#[test]
fn global_is_visible_on_every_thread_and_has_the_lowest_precedence() {
    let result = in_own_process(|| {
        let ((_one, one), (_two, two)) = (release("one"), release("two"));
        init(one.clone()).unwrap();
        assert_eq!(two.snapshot().scope(render_without_values), hashed_path("two"));
        assert_eq!(render(&values(&two)), hashed_path("two"));
        assert_eq!(Page.to_string(), hashed_path("one"));
        let elsewhere = std::thread::spawn(render_without_values).join().unwrap();
        format!("{elsewhere} {}", render_without_values())
    });
    assert_eq!(result, format!("{0} {0}", hashed_path("one")));
}

#[test]
fn global_assets_use_the_reloaded_release_or_their_scope() {
    let result = in_own_process(|| {
        let (site, assets) = release("one");
        init(assets.clone()).unwrap();
        let before = assets.snapshot();
        site.publish(&["css/app.css"], "two");
        assets.reload().unwrap();
        format!("{} {}", render_without_values(), before.scope(render_without_values))
    });
    assert_eq!(result, format!("{} {}", hashed_path("two"), hashed_path("one")));
}

#[test]
fn second_global_is_an_error_and_does_not_replace_the_first() {
    let result = in_own_process(|| {
        let ((_one, one), (_two, two)) = (release("one"), release("two"));
        init(one).unwrap();
        let err = init(two.clone()).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::AlreadyInitialized);
        // The assets of the failed `init` remain usable as a runtime value.
        assert_eq!(render(&values(&two)), hashed_path("two"));
        format!("{err}: {}", render_without_values())
    });
    let expected = "`fingerpost_askama::init` was already called; call it once, at start-up";
    assert_eq!(result, format!("{expected}: {}", hashed_path("one")));
}

#[test]
fn rendering_without_assets_is_an_error_with_advice() {
    let advice = "templates have no assets; call `fingerpost_askama::init(assets)` at start-up, \
                  or render with `fingerpost_askama::values(&assets)`";
    let err = Page.render().unwrap_err();
    assert_eq!(err.to_string(), format!("{advice} (in template `it::current_assets::Page`)"));
    assert_eq!(own_error(&err).unwrap().kind(), ErrorKind::NoAssets);
    let err = Filtered.render().unwrap_err();
    assert_eq!(err.to_string(), advice);
    assert_eq!(own_error(&err).unwrap().kind(), ErrorKind::NoAssets);
}

#[test]
fn runtime_value_of_the_wrong_type_is_always_an_error() {
    let (_site, assets) = release("one");
    let advice = "the runtime value `fingerpost` is not a `fingerpost::Assets`; \
                  pass `fingerpost_askama::values(&assets)`";
    let wrong: [&dyn Any; 3] = [&7, &"assets", &Some(assets.clone())];
    for value in wrong {
        assets.snapshot().scope(|| {
            let err = Page.render_with_values(&(KEY, value)).unwrap_err();
            assert_eq!(err.to_string(), format!("{advice} (in template `it::current_assets::Page`)"));
            assert_eq!(own_error(&err).unwrap().kind(), ErrorKind::WrongValue);
            let err = Filtered.render_with_values(&(KEY, value)).unwrap_err();
            assert_eq!(err.to_string(), advice);
        });
    }
}

#[test]
fn values_returns_the_documented_key_and_the_assets() {
    let (_site, assets) = release("one");
    let (key, value) = values(&assets);
    assert_eq!((key, KEY), ("fingerpost", "fingerpost"));
    assert!(value.is::<Assets>());
}
