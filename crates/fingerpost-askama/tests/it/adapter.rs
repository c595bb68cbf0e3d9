//! The shared tests of all adapters.

use adapter_suite::Render;
use askama::Template;
use fingerpost::Assets;
use fingerpost_askama::{StaticHelpers as _, filters, values};

/// Declares the templates, and a function that renders a template by name.
macro_rules! pages {
    ($($name:literal $page:ident $source:tt $extension:tt)*) => {
        $(#[derive(Template)]
        #[template(source = $source, ext = $extension)]
        struct $page<'a> {
            path: &'a str,
        })*

        fn engine(assets: &Assets) -> Render {
            let assets = assets.clone();
            Box::new(move |name, path| {
                let values = values(&assets);
                let page = match name {
                    $($name => $page { path }.render_with_values(&values),)*
                    "version.html" => Version.render_with_values(&values),
                    "importmap.html" => ImportMap.render_with_values(&values),
                    _ => panic!("there is no page {name}"),
                };
                page.map_err(|err| err.to_string())
            })
        }
    };
}

pages! {
    "static.html" Url "{{ static(path) }}" "html"
    "static.txt" UrlText "{{ static(path) }}" "txt"
    "static-filter.html" FilteredUrl "{{ path|static }}" "html"
    "static-filter.txt" FilteredUrlText "{{ path|static }}" "txt"
    "static_url.html" AbsoluteUrl "{{ static_url(path) }}" "html"
    "static_url.txt" AbsoluteUrlText "{{ static_url(path) }}" "txt"
    "static_url-filter.html" FilteredAbsoluteUrl "{{ path|static_url }}" "html"
    "static_url-filter.txt" FilteredAbsoluteUrlText "{{ path|static_url }}" "txt"
    "static_integrity.html" Integrity "{{ static_integrity(path) }}" "html"
    "static_integrity.txt" IntegrityText "{{ static_integrity(path) }}" "txt"
    "static_integrity-filter.html" FilteredIntegrity "{{ path|static_integrity }}" "html"
    "tags.html" Tags "{{ static_tags([path]) }}" "html"
    "tags.txt" TagsText "{{ static_tags([path]) }}" "txt"
    "tags-nonce.html" TagsNonce r#"{{ static_tags_with_nonce(["js/app.js", "css/app.css"], path) }}"# "html"
    "static_integrity-filter.txt" FilteredIntegrityText "{{ path|static_integrity }}" "txt"
    "importmap-nonce.html" ImportMapWithNonce "{{ static_importmap_with_nonce(path) }}" "html"
    "importmap-nonce.txt" ImportMapTextWithNonce "{{ static_importmap_with_nonce(path) }}" "txt"
}

#[derive(Template)]
#[template(source = "{{ app_version() }}", ext = "html")]
struct Version;

#[derive(Template)]
#[template(source = "{{ static_importmap() }}", ext = "html")]
struct ImportMap;

adapter_suite::adapter_tests!(engine);
