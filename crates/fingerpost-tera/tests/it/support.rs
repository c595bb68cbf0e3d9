//! A common trait for both major versions of Tera.

use std::{collections::BTreeMap, error::Error, iter::successors};

use adapter_suite::{Render, templates};
use fingerpost::Assets;

/// A major version of Tera. Methods return an error as the text of the error and of each source.
pub(crate) trait Engine: Default + Clone + Send + Sync {
    /// `true` if the helper itself escapes the `&` of a URL.
    const HELPERS_ESCAPE: bool;

    fn register(&mut self, assets: &Assets);

    fn add(&mut self, name: &str, source: &str) -> Result<(), String>;

    /// Renders with these variables, and with `list`, `map` and `nothing`.
    fn render_with(&self, name: &str, variables: &[(&'static str, &str)]) -> Result<String, String>;

    /// Returns an engine with the helpers and these templates.
    #[track_caller]
    fn with_templates(assets: &Assets, templates: &[(&str, &str)]) -> Self {
        let mut engine = Self::default();
        engine.register(assets);
        for (name, source) in templates {
            engine.add(name, source).unwrap_or_else(|err| panic!("{source}: {err}"));
        }
        engine
    }

    /// Renders a page without other variables.
    #[track_caller]
    fn page(&self, name: &str) -> String {
        self.render_with(name, &[]).unwrap_or_else(|err| panic!("{name}: {err}"))
    }
}

macro_rules! engine {
    ($tera:ident, $register:path, $helpers_escape:literal) => {
        impl Engine for $tera::Tera {
            const HELPERS_ESCAPE: bool = $helpers_escape;

            fn register(&mut self, assets: &Assets) {
                $register(self, assets);
            }

            fn add(&mut self, name: &str, source: &str) -> Result<(), String> {
                self.add_raw_template(name, source).map_err(|err| chain(&err))
            }

            fn render_with(&self, name: &str, variables: &[(&'static str, &str)]) -> Result<String, String> {
                let mut context = $tera::Context::new();
                context.insert("list", &["a.css"]);
                context.insert("map", &BTreeMap::from([("path", "a.css")]));
                context.insert("nothing", &None::<&str>);
                for (name, value) in variables {
                    context.insert(*name, value);
                }
                self.render(name, &context).map_err(|err| chain(&err))
            }
        }
    };
}

engine!(tera, fingerpost_tera::register, false);
#[cfg(feature = "v1")]
engine!(tera1, fingerpost_tera::v1::register, true);

/// Returns a function that renders the pages of the shared adapter tests.
pub(crate) fn engine<E: Engine + 'static>(assets: &Assets) -> Render {
    let mut engine = E::with_templates(assets, &[]);
    let tags = "static_tags(entries=[path])";
    let tags_with_nonce = "static_tags(entries=['js/app.js', 'css/app.css'], nonce=path)";
    for (name, source) in templates(|helper| format!("{helper}(path=path)"), tags, tags_with_nonce) {
        engine.add(&name, &source).unwrap();
    }
    Box::new(move |name, path| {
        let page = engine.render_with(name, &[("path", path)])?;
        // Tags are markup, which no engine escapes.
        let is_escaped_text = E::HELPERS_ESCAPE && name.ends_with(".txt") && !name.starts_with("tags");
        Ok(if is_escaped_text { page.replace("&amp;", "&") } else { page })
    })
}

/// Returns an error and its chain of sources.
pub(crate) fn causes<'a>(err: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(err), |err: &&'a (dyn Error + 'static)| (*err).source())
}

/// Returns the text of an error and of each source, one per line.
pub(crate) fn chain(err: &(dyn Error + 'static)) -> String {
    causes(err).map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Declares a test for each major of Tera from each function that is generic over [`Engine`].
macro_rules! each_major {
    ($($fact:ident)*) => {
        mod tera_2 {
            $(#[test]
            fn $fact() {
                super::$fact::<tera::Tera>();
            })*
        }

        #[cfg(feature = "v1")]
        mod tera_1 {
            $(#[test]
            fn $fact() {
                super::$fact::<tera1::Tera>();
            })*
        }
    };
}
