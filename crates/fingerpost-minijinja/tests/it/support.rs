//! Pages of a site, rendered.

use std::{error::Error as _, iter::successors};

use conformance::{Render, templates};
use fingerpost::Assets;
use minijinja::{Environment, Error, Value, context};

/// An environment as a site has one.
pub(crate) fn environment(assets: &Assets) -> Environment<'static> {
    let mut env = Environment::new();
    crate::register(&mut env, assets);
    env
}

/// Renders the pages of the tests that all adapters share.
pub(crate) fn engine(assets: &Assets) -> Render {
    let mut env = environment(assets);
    for (name, source) in templates(|helper| format!("{helper}(path)")) {
        env.add_template_owned(name, source).unwrap();
    }
    Box::new(move |name, path| {
        env.get_template(name).unwrap().render(context! { path }).map_err(|err| err.to_string())
    })
}

/// A page that needs no context.
#[track_caller]
pub(crate) fn render_page(assets: &Assets, name: &str, source: &str) -> String {
    environment(assets).render_named_str(name, source, ()).unwrap_or_else(|err| panic!("{source}: {err}"))
}

/// What a page fails with.
#[track_caller]
pub(crate) fn render_error(env: &Environment<'_>, name: &str, source: &str, context: Value) -> Error {
    match env.render_named_str(name, source, context) {
        Ok(page) => panic!("{source} is no error but {page}"),
        Err(err) => err,
    }
}

/// The core's own error behind what the engine says.
pub(crate) fn core_error(err: &Error) -> Option<&fingerpost::Error> {
    successors(err.source(), |err: &&(dyn std::error::Error + 'static)| (*err).source())
        .find_map(|err| err.downcast_ref())
}

/// Takes the character references of an attribute's value back, and knows no others than MiniJinja writes.
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
