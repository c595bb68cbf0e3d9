//! The helpers for MiniJinja 2.
//!
//! ```
//! # use minijinja2 as minijinja;
//! # let dir = tempfile::tempdir()?;
//! # std::fs::create_dir(dir.path().join("css"))?;
//! # std::fs::write(dir.path().join("css/app.css"), "body{}")?;
//! # let static_dir = dir.path();
//! use fingerpost::Assets;
//! use minijinja::Environment;
//!
//! let assets = Assets::dev(static_dir)?;
//! let mut env = Environment::new();
//! fingerpost_minijinja::v2::register(&mut env, &assets);
//! env.add_template("page.html", r#"<link rel="stylesheet" href="{{ static('css/app.css') }}">"#)?;
//!
//! let page = env.get_template("page.html")?.render(())?;
//! assert_eq!(page, r#"<link rel="stylesheet" href="/static/css/app.css?v=7c98040a5416">"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Functions, filters, escaping and errors are the same as for [MiniJinja 3](crate).

#[path = "engine_error.rs"]
#[expect(clippy::duplicate_mod, reason = "the APIs of the majors differ only in two types")]
mod engine_error;
#[path = "arguments.rs"]
#[expect(clippy::duplicate_mod, reason = "the APIs of the majors differ only in two types")]
mod arguments;
#[path = "tags.rs"]
#[expect(clippy::duplicate_mod, reason = "the APIs of the majors differ only in two types")]
mod tags;
#[path = "helpers.rs"]
#[expect(clippy::duplicate_mod, reason = "the APIs of the majors differ only in two types")]
mod helpers;

pub use helpers::register;
use minijinja2 as engine;

/// The render state that the engine passes to a function.
type CallState<'a, 't, 'e> = &'a engine::State<'t, 'e>;

/// An unexpected argument, positional or keyword.
type ExtraArgument = engine::Value;
