use std::path::{Path, PathBuf};

use fingerpost::Settings;

use crate::{
    collect_config,
    diagnostics::{Error, both},
    settings_tables::Tables,
};

/// Settings of [`rollback`](crate::rollback()). The documentation of `rollback` has an example.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens before `rollback`"]
pub struct RollbackConfig {
    settings: Settings,
    tables: Tables,
    pub(super) number: Option<u64>,
    originals: Option<bool>,
    pub(super) without_waiting: bool,
    pub(super) dry_run: bool,
}

impl RollbackConfig {
    /// Creates settings for the output directory `out`.
    pub fn new(out: impl AsRef<Path>) -> Self {
        let mut settings = Settings::default();
        settings.out = Some(out.as_ref().to_owned());
        Self::from_settings(settings)
    }

    /// Starts from the settings of a `fingerpost.toml`. Methods override these settings.
    ///
    /// `rollback` reads `out`, and `originals` of the table `[collect]`. Errors in the tables `[collect]` and `[clean]` are
    /// reported.
    pub fn from_settings(settings: Settings) -> Self {
        let tables = Tables::read(&settings);
        Self { settings, tables, ..Self::default() }
    }

    /// Sets the release to publish again.
    ///
    /// Defaults to the release that the current release replaced.
    pub fn release(mut self, number: u64) -> Self {
        self.number = Some(number);
        self
    }

    /// Sets whether the assets are written under their plain names too, as by [`CollectConfig::originals`].
    ///
    /// By default, `rollback` writes all plain names if `[collect] originals` is `true`, or if every asset of the release
    /// that is current before the rollback has a file under its plain name. Otherwise, `rollback` replaces only the plain
    /// files that have the bytes of that release. With `false`, all plain files are left unchanged.
    ///
    /// [`CollectConfig::originals`]: crate::CollectConfig::originals
    pub fn originals(mut self, yes: bool) -> Self {
        self.originals = Some(yes);
        self
    }

    /// Sets whether to wait while another run holds the lock of the output directory.
    ///
    /// Defaults to `true`. With `false`, a held lock is an error of kind [`Locked`](crate::ErrorKind::Locked).
    pub fn wait(mut self, yes: bool) -> Self {
        self.without_waiting = !yes;
        self
    }

    /// Sets whether the run only reports the changes and writes nothing. A dry run takes no lock.
    ///
    /// Defaults to `false`.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }

    /// Checks all settings, and returns the output directory.
    pub(super) fn output_dir(&self) -> Result<PathBuf, Error> {
        let ((), out) = both(self.tables.check(), collect_config::output_dir(&self.settings))?;
        Ok(out)
    }

    /// Returns `Some` if a setting enables or disables plain names, and `None` otherwise.
    pub(crate) fn wants_originals(&self) -> Option<bool> {
        self.originals.or(self.tables.collect.originals.then_some(true))
    }
}
