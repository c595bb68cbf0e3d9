//! The tables `[collect]` and `[clean]` of a settings file.

use std::{path::PathBuf, time::Duration};

use fingerpost::{
    __private::{parse_duration, severities_by_glob},
    Settings,
    sources::check_glob,
};

use crate::{
    compression::Compression,
    diagnostics::{Error, Problem, Rule, SeveritiesByGlob},
};

/// The settings in the tables, and the problems of the tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) collect: CollectSettings,
    pub(crate) clean: CleanSettings,
    problems: Vec<Problem>,
}

/// The table `[collect]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct CollectSettings {
    pub(crate) compress: Option<Result<Vec<Compression>, fingerpost::Error>>,
    pub(crate) compress_maps: Option<Result<Vec<Compression>, fingerpost::Error>>,
    pub(crate) delta_versions: Option<usize>,
    pub(crate) originals: bool,
    pub(crate) keep_from: Option<PathBuf>,
    pub(crate) pack: Option<PathBuf>,
    pub(crate) fsync: bool,
    pub(crate) prehashed: Vec<String>,
    pub(crate) rules: SeveritiesByGlob,
}

/// The table `[clean]`. `None` means the default.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CleanSettings {
    pub(crate) keep: Option<usize>,
    pub(crate) older_than: Option<Duration>,
}

impl Tables {
    pub(crate) fn read(settings: &Settings) -> Self {
        let (mut collect, mut clean) = (settings.table("collect"), settings.table("clean"));
        let mut rules = collect.table("rules");
        let settings = CollectSettings {
            compress: collect.get_with::<Vec<String>, _>("compress", Compression::list).map(Ok),
            compress_maps: collect.get_with::<Vec<String>, _>("compress-maps", Compression::list).map(Ok),
            delta_versions: collect.get("delta-versions"),
            originals: collect.get("originals").unwrap_or_default(),
            keep_from: collect.path_or_url("keep-from"),
            pack: collect.path("pack"),
            fsync: collect.get("fsync").unwrap_or_default(),
            prehashed: collect.get_with("prehashed", checked_globs).unwrap_or_default(),
            rules: severities_by_glob(&mut rules, &Rule::COLLECT),
        };
        collect.include(rules);
        Self {
            collect: settings,
            clean: CleanSettings {
                keep: clean.get("keep"),
                older_than: clean.get_with("older-than", |age: String| parse_duration(&age)),
            },
            problems: collect.finish().into_iter().chain(clean.finish()).map(Problem::from).collect(),
        }
    }

    /// Fails with all problems of the tables.
    pub(crate) fn check(&self) -> Result<(), Error> {
        Error::from_problems(self.problems.clone())
    }
}

fn checked_globs(globs: Vec<String>) -> Result<Vec<String>, fingerpost::Error> {
    globs.iter().try_for_each(|glob| check_glob(glob))?;
    Ok(globs)
}
