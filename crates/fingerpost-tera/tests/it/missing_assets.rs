//! Assets that do not exist.

#[cfg(feature = "v1")]
use crate::support::causes;
use crate::{documentation::assert_documented, support::Engine};
use adapter_suite::Site;

/// Returns a call of each helper with this path, as function and as filter.
fn calls(path: &str) -> impl Iterator<Item = String> {
    ["static", "static_url", "static_integrity"]
        .into_iter()
        .flat_map(move |helper| [format!("{helper}(path={path})"), format!("{path} | {helper}")])
}

#[test]
fn tera_2_reports_an_unknown_asset_with_core_message_and_location() {
    for assets in Site::with_files(&["css/app.css"]).in_both_modes(|assets| assets) {
        let core = assets.url("css/ap.css").unwrap_err().to_string();
        assert!(core.starts_with("asset `css/ap.css` was not found in `"), "{core}");
        assert!(core.ends_with("(did you mean `css/app.css`?)"), "{core}");
        for call in calls("'css/ap.css'") {
            let tera =
                tera::Tera::with_templates(&assets, &[("page.html", &format!("<html>\n{{{{ {call} }}}}"))]);
            // Tera underlines the name of a filter, but the whole call of a function.
            let at = call.rfind(' ').map_or(0, |space| space + 1);
            let (indent, carets) = (" ".repeat(at), "^".repeat(call.len() - at));
            assert_eq!(
                tera.render_with("page.html", &[]).unwrap_err(),
                format!(
                    "error: {core}\n --> page.html:2:{}\n  |\n2 | {{{{ {call} }}}}\n  |    {indent}{carets}",
                    at + 4
                )
            );
        }
    }
}

#[test]
fn tera_2_error_matches_the_documentation() {
    let source = "\n<link rel=\"stylesheet\" href=\"{{ static(path='css/ap.css') }}\">";
    let assets = Site::with_files(&["css/app.css"]).development().build().unwrap();
    let err = tera::Tera::with_templates(&assets, &[("page.html", source)])
        .render_with("page.html", &[])
        .unwrap_err();
    let (_, location) = err.split_once('\n').unwrap();
    assert_documented(include_str!("../../src/lib.rs"), location);
}

#[test]
fn tera_2_reports_an_unknown_asset_in_the_included_template() {
    let assets = Site::with_files(&["css/app.css"]).production().build().unwrap();
    let component = "{% component Link(path: String) %}\n{{ path | static }}{% endcomponent Link %}";
    let tera = tera::Tera::with_templates(
        &assets,
        &[
            ("part.html", "\n\n{{ static(path='css/ap.css') }}"),
            ("include.html", "\n{% include 'part.html' %}"),
            ("components.html", component),
            ("component.html", "\n{{ <Link path=\"css/ap.css\" /> }}"),
        ],
    );
    for (name, locations) in [
        ("include.html", [" --> part.html:3:4", "note: called from include.html:2:12"]),
        ("component.html", [" --> components.html:2:11", "note: called from component.html:2:4"]),
    ] {
        let err = tera.render_with(name, &[]).unwrap_err();
        let core = assets.url("css/ap.css").unwrap_err();
        assert!(err.starts_with(&format!("error: {core}\n")), "{err}");
        assert!(locations.iter().all(|location| err.lines().any(|line| line == *location)), "{err}");
    }
}

#[cfg(feature = "v1")]
#[test]
fn tera_1_reports_an_unknown_asset_with_template_and_core_error_as_source() {
    for assets in Site::with_files(&["css/app.css"]).in_both_modes(|assets| assets) {
        let core = assets.url("css/ap.css").unwrap_err().to_string();
        for call in calls("'css/ap.css'") {
            let source = format!("{{{{ {call} }}}}");
            let tera = tera1::Tera::with_templates(
                &assets,
                &[("part.html", &source), ("page.html", "{% include 'part.html' %}")],
            );
            for name in ["page.html", "part.html"] {
                let err = tera.render(name, &tera1::Context::new()).unwrap_err();
                let texts: Vec<_> = causes(&err).collect();
                let [outer @ .., last] = &*texts else { panic!("{err}") };
                assert_eq!(
                    last.downcast_ref::<fingerpost::Error>().map(ToString::to_string),
                    Some(core.clone())
                );
                let outer: Vec<_> = outer.iter().map(ToString::to_string).collect();
                let form = if call.contains('|') { "Filter" } else { "Function" };
                let helper = call.trim_start_matches("'css/ap.css' | ").split('(').next().unwrap();
                let failed = format!("{form} call '{helper}' failed");
                let template = format!("Failed to render '{name}'");
                assert_eq!(outer, [&*template, &failed, "cannot resolve the asset path"]);
                if call == "static(path='css/ap.css')" && name == "page.html" {
                    assert_documented(include_str!("../../src/v1.rs"), &outer.join("\n"));
                }
            }
        }
    }
}
