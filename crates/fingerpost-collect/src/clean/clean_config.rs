use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use fingerpost::{
    __private::{Retention, now},
    Settings,
};

use crate::{
    collect_config,
    diagnostics::{Error, both},
    settings_tables::{CleanSettings, Tables},
};

/// Settings of [`clean`](crate::clean). The documentation of `clean` has an example.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens before `clean`"]
pub struct CleanConfig {
    settings: Settings,
    tables: Tables,
    pub(super) without_waiting: bool,
    pub(super) dry_run: bool,
}

impl CleanConfig {
    /// Creates settings for the output directory `out`.
    pub fn new(out: impl AsRef<Path>) -> Self {
        let mut settings = Settings::default();
        settings.out = Some(out.as_ref().to_owned());
        Self::from_settings(settings)
    }

    /// Starts from the settings of a `fingerpost.toml`. Methods override these settings.
    ///
    /// `clean` reads `out` and the table `[clean]`. Every key of the table is optional:
    ///
    /// ```
    /// # let site = tempfile::tempdir()?;
    /// # let file = site.path().join("fingerpost.toml");
    /// # std::fs::create_dir_all(site.path().join("static"))?;
    /// # std::fs::write(&file, r#"
    /// out = "dist/static"
    ///
    /// [clean]
    /// keep = 3               # number of newest releases to retain, regardless of age
    /// older-than = "7d"      # how long other releases are retained after they were replaced
    /// # "#)?;
    /// # use fingerpost_collect::{CleanConfig, CollectConfig, clean, collect};
    /// # let settings = fingerpost::Settings::read(&file)?;
    /// # collect(&CollectConfig::from_settings(settings.clone()).source(site.path().join("static")))?;
    /// # clean(&CleanConfig::from_settings(settings))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`clean`](crate::clean) reports errors in the table.
    pub fn from_settings(settings: Settings) -> Self {
        let tables = Tables::read(&settings);
        Self { settings, tables, ..Self::default() }
    }

    /// Sets how many of the newest releases are retained regardless of age. The current release is always retained.
    ///
    /// Defaults to 3.
    pub fn keep(mut self, releases: usize) -> Self {
        self.tables.clean.keep = Some(releases);
        self
    }

    /// Sets how long releases are retained after their replacement, so that open pages can still load the files of an
    /// older release.
    ///
    /// Defaults to 7 days. With zero, no release is retained because of its age. Times come from the release files. A
    /// release without a known successor counts as replaced just now.
    pub fn older_than(mut self, age: Duration) -> Self {
        self.tables.clean.older_than = Some(age);
        self
    }

    /// Sets whether to wait while another run holds the lock of the output directory.
    ///
    /// Defaults to `true`. With `false`, a held lock is an error of kind [`Locked`](crate::ErrorKind::Locked).
    pub fn wait(mut self, yes: bool) -> Self {
        self.without_waiting = !yes;
        self
    }

    /// Sets whether the run only reports the releases and files to remove. A dry run takes no lock.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }

    /// Checks all settings, and returns the output directory.
    pub(super) fn output_dir(&self) -> Result<PathBuf, Error> {
        both(self.tables.check(), collect_config::output_dir(&self.settings)).map(|((), out)| out)
    }

    /// Returns the retention settings: a number of releases and an age.
    pub(crate) fn retention(&self) -> Retention {
        let CleanSettings { keep, older_than } = self.tables.clean;
        let age = older_than.unwrap_or(Duration::from_secs(7 * 24 * 60 * 60));
        Retention { keep: keep.unwrap_or(3), age, now: now() }
    }
}
