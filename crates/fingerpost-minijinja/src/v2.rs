//! The same for MiniJinja 2.
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
//! The functions and filters, their escaping and their errors are those of [MiniJinja 3](crate).

#[path = "helpers.rs"]
#[expect(clippy::duplicate_mod, reason = "the majors have the same API but for two types")]
mod helpers;

pub use helpers::register;
use minijinja2 as engine;

/// What the engine passes to a function besides its arguments.
type CallState<'a, 't, 'e> = &'a engine::State<'t, 'e>;

/// An argument that a function does not expect, keyword arguments included.
type ExtraArgument = engine::Value;
