use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use fingerpost::{__private::Retention, Settings};

use crate::{
    collect_config,
    diagnostics::problem::{Error, both},
    duration::now,
    settings_tables::{CleanSettings, Tables},
};

/// Which output dir to clean, and what stays in it. Nothing is read or checked before [`clean`](crate::clean).
///
/// [`clean`](crate::clean) has an example.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens before `clean`"]
pub struct CleanConfig {
    settings: Settings,
    tables: Tables,
    pub(super) without_waiting: bool,
    pub(super) dry_run: bool,
}

impl CleanConfig {
    /// Cleans the output dir `out`.
    pub fn new(out: impl AsRef<Path>) -> Self {
        let mut settings = Settings::default();
        settings.out = Some(out.as_ref().to_owned());
        Self::from_settings(settings)
    }

    /// Starts from the settings of a `fingerpost.toml`; what is set here goes before it.
    ///
    /// `clean` reads `out` and the table `[clean]`. Every key may be left out:
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let file = site.path().join("fingerpost.toml");
    /// # std::fs::create_dir_all(site.path().join("static"))?;
    /// # std::fs::write(&file, r#"
    /// out = "dist/static"
    ///
    /// [clean]
    /// keep = 3               # how many of the newest releases stay, whatever their age
    /// older-than = "7d"      # and how long a release stays after it was replaced
    /// # "#)?;
    /// # use fingerpost_collect::{CleanConfig, CollectConfig, clean, collect};
    /// # let settings = fingerpost::Settings::read(&file)?;
    /// # collect(&CollectConfig::from_settings(settings.clone()).source(site.path().join("static")))?;
    /// # clean(&CleanConfig::from_settings(settings))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`clean`](crate::clean) reports what is wrong in the table.
    pub fn from_settings(settings: Settings) -> Self {
        let tables = Tables::read(&settings);
        Self { settings, tables, ..Self::default() }
    }

    /// How many of the newest releases stay, whatever their age; the one that is in force stays anyway.
    ///
    /// Defaults to 3.
    pub fn keep(mut self, releases: usize) -> Self {
        self.tables.clean.keep = Some(releases);
        self
    }

    /// How long a release stays after it was replaced, for pages that still name its files.
    ///
    /// Defaults to 7 days. Times are those in the release files; a release that nothing is known to have replaced counts as
    /// replaced just now. Zero keeps nothing for its age.
    pub fn older_than(mut self, age: Duration) -> Self {
        self.tables.clean.older_than = Some(age);
        self
    }

    /// Whether to wait while another run holds the lock of the output dir.
    ///
    /// Defaults to `true`; otherwise that is an error of the kind [`Locked`](crate::ErrorKind::Locked).
    pub fn wait(mut self, yes: bool) -> Self {
        self.without_waiting = !yes;
        self
    }

    /// Whether to remove nothing, and only report what would be removed. No lock is needed for it.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }

    /// Checks every setting, and returns the output dir.
    pub(super) fn output_dir(&self) -> Result<PathBuf, Error> {
        let ((), out) = both(self.tables.check(), collect_config::output_dir(&self.settings))?;
        Ok(out)
    }

    /// How many releases stay, and for how long.
    pub(super) fn retention(&self) -> Retention {
        let CleanSettings { keep, older_than } = self.tables.clean;
        let age = older_than.unwrap_or(Duration::from_secs(7 * 24 * 60 * 60));
        Retention { keep: keep.unwrap_or(3), age, now: now() }
    }
}
