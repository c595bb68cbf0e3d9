//! Registration of the helpers.

use std::thread;

use adapter_suite::{HASH, Site, hash};
use fingerpost::Assets;

use crate::{documentation::assert_documented, support::Engine};

const SOURCE: &str =
    "{{ static(path='a.css') }} {{ 'a.css' | static }} {{ 'a.css' | static_url }} {{ app_version() }}";

each_major! {
    engines_use_their_own_assets
    engine_outlives_its_assets_and_can_be_shared_between_threads
    existing_helpers_are_replaced
}

fn assets_at(site: &Site, base_url: &str) -> Assets {
    site.development().base_url(base_url).app_version(base_url.trim_matches('/')).build().unwrap()
}

/// Returns the output of [`SOURCE`] with this base URL.
fn expected(base_url: &str) -> String {
    let url = format!("{base_url}a.css?v={HASH}");
    format!("{url} {url} {url} {}", base_url.trim_matches('/'))
}

fn engines_use_their_own_assets<E: Engine>() {
    let sites = [Site::with_files(&["a.css"]), Site::with_files(&["a.css"])];
    let templates = [("page.html", SOURCE)];
    let mut one = E::with_templates(&assets_at(&sites[0], "/one/"), &templates);
    let two = E::with_templates(&assets_at(&sites[1], "/two/"), &templates);
    let clone = one.clone();
    sites[0].publish(&["a.css"], "changed");
    let changed = expected("/one/").replace(HASH, &hash("changed"));
    assert_eq!(one.page("page.html"), changed);
    assert_eq!(two.page("page.html"), expected("/two/"));
    // Registering other assets in an engine does not change its clone.
    one.register(&assets_at(&sites[1], "/two/"));
    assert_eq!(one.page("page.html"), expected("/two/"));
    assert_eq!(clone.page("page.html"), changed);
}

fn engine_outlives_its_assets_and_can_be_shared_between_threads<E: Engine>() {
    let site = Site::with_files(&["a.css"]);
    let engine = E::with_templates(&assets_at(&site, "/one/"), &[("page.html", SOURCE)]);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| assert_eq!(engine.page("page.html"), expected("/one/"))));
        }
    });
}

fn existing_helpers_are_replaced<E: Engine>() {
    let site = Site::with_files(&["a.css"]);
    let mut engine = E::with_templates(&assets_at(&site, "/one/"), &[("page.html", SOURCE)]);
    engine.register(&assets_at(&site, "/two/"));
    assert_eq!(engine.page("page.html"), expected("/two/"));
    // A variable `static` does not hide the function.
    engine.add("variable.html", "{{ static(path=static) }} {{ static | static }}").unwrap();
    let page = engine.render_with("variable.html", &[("static", "a.css")]).unwrap();
    let url = format!("/two/a.css?v={HASH}");
    assert_eq!(page, format!("{url} {url}"));
}

#[test]
fn tera_2_requires_helpers_to_be_registered_before_templates() {
    let mut tera = tera::Tera::default();
    let source = "<link rel=\"stylesheet\" href=\"{{ static(path='css/app.css') }}\">";
    let late = "error: Unknown function `static`
 --> page.html:1:33
  |
1 | <link rel=\"stylesheet\" href=\"{{ static(path='css/app.css') }}\">
  |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^";
    assert_eq!(tera.add("page.html", source).unwrap_err(), late);
    assert_documented(include_str!("../../src/lib.rs"), late);
    for (call, message) in [
        ("'a.css' | static", "error: Unknown filter `static`\n"),
        ("'a.css' | static_url", "error: Unknown filter `static_url`\n"),
        ("static_integrity(path='a.css')", "error: Unknown function `static_integrity`\n"),
        ("app_version()", "error: Unknown function `app_version`\n"),
    ] {
        let err = tera.add("page.html", &format!("{{{{ {call} }}}}")).unwrap_err();
        assert!(err.starts_with(message), "{err}");
    }
    // The template can be added after the registration.
    let site = Site::with_files(&["css/app.css"]);
    tera.register(&site.production().build().unwrap());
    tera.add("page.html", source).unwrap();
    assert_eq!(
        tera.page("page.html"),
        format!("<link rel=\"stylesheet\" href=\"/static/css/app.{HASH}.css\">")
    );
}

#[test]
fn tera_2_rejects_positional_arguments() {
    let site = Site::with_files(&["a.css"]);
    let mut tera = tera::Tera::with_templates(&site.production().build().unwrap(), &[]);
    let err = tera.add("page.html", "{{ static('a.css') }}").unwrap_err();
    let message = "Found string but expected identifier.";
    assert!(err.starts_with(&format!("error: {message}\n --> page.html:1:11\n")), "{err}");
    assert!(include_str!("../../src/lib.rs").contains(&format!("`{message}`")));
}

#[test]
fn tera_2_instances_can_copy_helpers_from_another_instance() {
    let site = Site::with_files(&["a.css"]);
    let one = tera::Tera::with_templates(&assets_at(&site, "/one/"), &[]);
    let mut other = tera::Tera::default();
    other.register_from(&one);
    other.add("page.html", SOURCE).unwrap();
    assert_eq!(other.page("page.html"), expected("/one/"));
    // Existing helpers are not replaced.
    let mut two = tera::Tera::with_templates(&assets_at(&site, "/two/"), &[]);
    two.register_from(&one);
    two.add("page.html", SOURCE).unwrap();
    assert_eq!(two.page("page.html"), expected("/two/"));

    let context = tera::Context::new();
    assert_eq!(one.render_str(SOURCE, &context, true).unwrap(), expected("/one/"));
    let err = tera::Tera::one_off("{{ app_version() }}", &context, true).unwrap_err();
    assert!(err.to_string().starts_with("error: Unknown function `app_version`\n"), "{err}");
}

#[test]
fn tera_2_component_with_helpers_can_be_rendered_separately() {
    let site = Site::with_files(&["a.css"]);
    let component = "{% component Link(path: String) %}{{ path | static }} {{ static(path=path) }}{% endcomponent Link %}";
    let tera = tera::Tera::with_templates(&assets_at(&site, "/one/"), &[("components.html", component)]);
    let mut context = tera::Context::new();
    context.insert("path", "a.css");
    let url = format!("/one/a.css?v={HASH}");
    assert_eq!(tera.render_component("Link", &context, None, true).unwrap(), format!("{url} {url}"));
}

#[cfg(feature = "v1")]
#[test]
fn tera_1_allows_templates_to_be_added_before_the_helpers() {
    let site = Site::with_files(&["a.css"]);
    let mut tera = tera1::Tera::default();
    tera.add("page.html", SOURCE).unwrap();
    let err = tera.render_with("page.html", &[]).unwrap_err();
    assert_eq!(err, "Failed to render 'page.html'\nFunction 'static' not found");
    tera.register(&assets_at(&site, "/one/"));
    assert_eq!(tera.page("page.html"), expected("/one/"));
}

#[cfg(feature = "v1")]
#[test]
fn tera_1_instances_can_copy_helpers_from_another_instance() {
    let site = Site::with_files(&["a.css"]);
    let one = tera1::Tera::with_templates(&assets_at(&site, "/one/"), &[("page.html", SOURCE)]);
    let mut other = tera1::Tera::default();
    other.extend(&one).unwrap();
    assert_eq!(other.page("page.html"), expected("/one/"));
    let page = other.render_str(SOURCE, &tera1::Context::new()).unwrap();
    assert_eq!(page, expected("/one/"));
    let err = tera1::Tera::one_off(SOURCE, &tera1::Context::new(), true).unwrap_err();
    assert_eq!(crate::support::chain(&err), "Failed to render '__tera_one_off'\nFunction 'static' not found");
}

#[cfg(feature = "v1")]
#[test]
fn both_tera_majors_work_in_one_program_with_the_same_assets() {
    let site = Site::with_files(&["a.css"]);
    let assets = site.production().build().unwrap();
    let templates = [("page.html", SOURCE)];
    let (one, two) =
        (tera1::Tera::with_templates(&assets, &templates), tera::Tera::with_templates(&assets, &templates));
    assert_eq!(one.page("page.html"), two.page("page.html"));
    site.publish(&["a.css"], "changed");
    assets.reload().unwrap();
    assert_eq!(one.page("page.html"), two.page("page.html"));
    assert!(one.page("page.html").contains(&hash("changed")));
}
