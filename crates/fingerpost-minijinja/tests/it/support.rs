//! Environments, rendered pages and errors.

use std::{error::Error as _, iter::successors};

use adapter_suite::{Render, templates};
use fingerpost::Assets;
use minijinja::{Environment, Error, Value, context};

/// Returns an environment with the helpers.
pub(crate) fn environment(assets: &Assets) -> Environment<'static> {
    let mut env = Environment::new();
    crate::register(&mut env, assets);
    env
}

/// Returns a function that renders the pages of the shared adapter tests.
pub(crate) fn engine(assets: &Assets) -> Render {
    let mut env = environment(assets);
    let tags_with_nonce = "static_tags('js/app.js', 'css/app.css', nonce=path)";
    for (name, source) in templates(|helper| format!("{helper}(path)"), "static_tags(path)", tags_with_nonce)
    {
        env.add_template_owned(name, source).unwrap();
    }
    Box::new(move |name, path| {
        env.get_template(name).unwrap().render(context! { path }).map_err(|err| err.to_string())
    })
}

/// Renders a page without a context.
#[track_caller]
pub(crate) fn render_page(assets: &Assets, name: &str, source: &str) -> String {
    environment(assets).render_named_str(name, source, ()).unwrap_or_else(|err| panic!("{source}: {err}"))
}

/// Returns the error of a page.
#[track_caller]
pub(crate) fn render_error(env: &Environment<'_>, name: &str, source: &str, context: Value) -> Error {
    match env.render_named_str(name, source, context) {
        Ok(page) => panic!("{source} renders {page}, expected an error"),
        Err(err) => err,
    }
}

/// Returns the error of the core in the chain of sources.
pub(crate) fn core_error(err: &Error) -> Option<&fingerpost::Error> {
    successors(err.source(), |err: &&(dyn std::error::Error + 'static)| (*err).source())
        .find_map(|err| err.downcast_ref())
}

/// Decodes the character references that MiniJinja writes into an attribute. Panics if the attribute contains other
/// character references.
#[track_caller]
pub(crate) fn decode_attribute(attribute: &str) -> String {
    let mut pieces = attribute.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').unwrap_or_else(|| panic!("a bare `&` in {attribute}"));
        text.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#x27" => '\'',
            "#x2f" => '/',
            _ => panic!("`&{name};` in {attribute}"),
        });
        text.push_str(rest);
    }
    text
}
