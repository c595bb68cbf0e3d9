//! Turns every `static('css/app.css')` in a server-rendered site into a URL that identifies the file's content. Browsers
//! can cache each file for a year, and never show a stale file.
//!
//! ```
//! # let site = tempfile::tempdir()?;
//! # let dir = |name: &str| {
//! #     let dir = site.path().join(name);
//! #     std::fs::create_dir_all(dir.join("css")).map(|()| dir)
//! # };
//! # let (static_dir, dist) = (dir("static")?, dir("dist")?);
//! # std::fs::write(static_dir.join("css/app.css"), "body{}")?;
//! # let manifest = r#"{"version": "1.1", "paths": {"css/app.css": "css/app.7c98040a5416.css"}, "hash": "5940499ec5f6"}"#;
//! # std::fs::write(dist.join("staticfiles.json"), manifest)?;
//! use fingerpost::{Assets, Mode};
//!
//! let assets = Assets::builder()
//!     .source(static_dir)         // for development: /static/css/app.css?v=7c98040a5416
//!     .collected(dist)            // for production:  /static/css/app.7c98040a5416.css
//!     .mode(Mode::Auto)
//! #   .mode(Mode::Dev)
//!     .build()?;
//! assert_eq!(assets.url("css/app.css")?, "/static/css/app.css?v=7c98040a5416");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate is the core: it turns asset paths into URLs, and depends on no template engine, HTTP library or async
//! runtime. `fingerpost-minijinja`, `-tera` and `-askama` provide the template function `static()`. The program
//! `fingerpost collect` writes the hashed files and the [`Manifest`](manifest::Manifest) for production.
//! `fingerpost-tower` and `fingerpost-actix` serve the hashed files.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// [import maps]: crate::import_maps
#[doc = include_str!("../docs/front-end.md")]
///
/// # In the API
///
/// [`AssetsBuilder::vite`], [`AssetsBuilder::vite_dev_server`].
pub mod front_end {}

#[doc = include_str!("../docs/import-maps.md")]
///
/// # In the API
///
/// [`AssetsBuilder::import`], [`AssetsBuilder::import_modules`], [`Snapshot::importmap`], [`Snapshot::importmap_csp_hash`],
/// [`Snapshot::preload_header`], [`Strategy::VersionQuery`].
pub mod import_maps {}

mod assets;
mod builder;
#[cfg(feature = "embed")]
mod embed;
mod snapshot;
mod import_map_tag;
mod settings;
mod toml_table;
mod import_map;
mod import_names;
mod mode;
mod error;

mod url;
mod resolve;
mod tags;
mod dev;
mod bundle;
pub mod sources;
pub mod manifest;
mod version;

mod files;
mod suggest;
mod severity;
mod diagnostics;
mod environment;
mod duration;
mod media_type;
mod quote;
mod markup;
mod imports_first;

pub use assets::Assets;
pub use builder::AssetsBuilder;
pub use error::{Error, ErrorKind};
pub use manifest::store::{DirStore, Store, Stored};
pub use mode::Mode;
pub use resolve::missing::OnMissing;
pub use resolve::path_token::Token;
pub use resolve::strategy::Strategy;
pub use settings::Settings;
pub use snapshot::Snapshot;
pub use url::Url;
pub use url::asset_path::AssetPath;
pub use url::base_url::BaseUrl;
pub use version::bust_token::BustToken;
pub use version::settings::VersionSettings;
pub use version::{AppVersion, VersionSource};

/// Items for the other crates of the workspace. The items may change in every release.
#[doc(hidden)]
pub mod __private {
    pub use crate::bundle::{Bundle, BundleSettings, BundledFile};
    pub use crate::diagnostics::left_out::Shadowed;
    pub use crate::diagnostics::location::{Location, Locator};
    pub use crate::diagnostics::problem::{Error, ErrorKind, Problem, Remarks, both};
    pub use crate::diagnostics::rule::Rule;
    pub use crate::diagnostics::rule_severities::{
        EVERYWHERE, RuleSeverities, SeveritiesByGlob, severities_by_glob,
    };
    pub use crate::duration::{now, parse_duration};
    pub use crate::files::clock::Clock;
    pub use crate::files::file_stamp::FileStamp;
    pub use crate::files::stable_read::{Reading, read_stable};
    pub use crate::import_map::ImportMap;
    pub use crate::manifest::chunk::around_chunk_hash;
    pub use crate::manifest::numbering::{NumberedReleases, Numbering};
    pub use crate::manifest::retention::{PublishedRelease, RetainedReleases, Retention};
    pub use crate::manifest::rollback_target::{RollbackChoice, base_path_warning};
    pub use crate::manifest::store::{release_number, reserved};
    pub use crate::manifest::variant::{
        KnownContent, adopt_variants, delta_name, delta_names, files_of, is_compressible, retain_variants,
        variant_name, variant_names,
    };
    pub use crate::media_type::media_type;
    pub use crate::quote::{escape_controls, is_bidi_or_line_separator, quoted};
    pub use crate::resolve::entry_kind::{DEFINITION as ENTRY_DEFINITION, is_entry_path};
    pub use crate::resolve::path_token::TokenAge;
    pub use crate::resolve::prebuilt::Prebuilt;
    pub use crate::severity::Severity;
    pub use crate::sources::baseline::BaselineFile;
    pub use crate::sources::ignore_rules::glob_matcher;
    pub use crate::suggest::{differs_in_case, nearest};
    pub use crate::toml_table::{SettingsTable, is_url, toml_key};
    pub use crate::url::asset_path::{TemplatePath, scheme};
    pub use crate::url::query_versions;
}
