//! Both majors of Tera behind one trait.

use std::{collections::BTreeMap, error::Error, iter::successors};

use conformance::{Render, templates};
use fingerpost::Assets;

/// What a major of Tera can do, with every error as all its text.
pub(crate) trait Engine: Default + Clone + Send + Sync {
    /// Whether a URL with an `&` comes escaped from the helper itself.
    const HELPERS_ESCAPE: bool;

    fn register(&mut self, assets: &Assets);

    fn add(&mut self, name: &str, source: &str) -> Result<(), String>;

    /// Renders with these variables, and with a `list`, a `map` and a `nothing`.
    fn render_with(&self, name: &str, variables: &[(&'static str, &str)]) -> Result<String, String>;

    /// An engine as a site has one, with its templates.
    #[track_caller]
    fn with_templates(assets: &Assets, templates: &[(&str, &str)]) -> Self {
        let mut engine = Self::default();
        engine.register(assets);
        for (name, source) in templates {
            engine.add(name, source).unwrap_or_else(|err| panic!("{source}: {err}"));
        }
        engine
    }

    /// A page that needs no variables.
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

/// Renders the pages of the tests that all adapters share.
pub(crate) fn engine<E: Engine + 'static>(assets: &Assets) -> Render {
    let mut engine = E::with_templates(assets, &[]);
    for (name, source) in templates(|helper| format!("{helper}(path=path)")) {
        engine.add(&name, &source).unwrap();
    }
    Box::new(move |name, path| {
        let page = engine.render_with(name, &[("path", path)])?;
        let is_escaped_text = E::HELPERS_ESCAPE && name.ends_with(".txt");
        Ok(if is_escaped_text { page.replace("&amp;", "&") } else { page })
    })
}

/// An error and all behind it.
pub(crate) fn causes<'a>(err: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(err), |err: &&'a (dyn Error + 'static)| (*err).source())
}

/// The texts of an error and all behind it, one a line.
pub(crate) fn chain(err: &(dyn Error + 'static)) -> String {
    causes(err).map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Makes tests of functions that are generic over [`Engine`], one for each major of Tera.
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
