use std::time::Duration;

use fingerpost::{__private::parse_duration, Settings};

use crate::{
    bucket::{Bucket, TIME_LIMIT},
    error::{Error, ErrorKind},
};

/// The table `[publish]` of a `fingerpost.toml`.
///
/// Every key is optional:
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let file = dir.path().join("fingerpost.toml");
/// # std::fs::write(&file, r#"
/// [publish]
/// to = "s3://assets.example.com/static"
/// single-writer = false   # true for a store that ignores conditions on writes
/// time-limit = "30s"      # the time limit of a request
/// lease = "60s"           # the time after which the lock of a killed run expires
/// # "#)?;
/// use fingerpost::Settings;
/// use fingerpost_store::PublishSettings;
///
/// let settings = PublishSettings::read(&Settings::read(&file)?)?;
/// assert_eq!(settings.to.as_deref(), Some("s3://assets.example.com/static"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishSettings {
    /// The URL of the bucket.
    pub to: Option<String>,
    /// See [`Bucket::single_writer`].
    pub single_writer: bool,
    /// The time limit of a request. Defaults to 30 seconds.
    pub time_limit: Option<Duration>,
    /// See [`Bucket::lease`].
    pub lease: Option<Duration>,
}

impl PublishSettings {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for an unknown key or an invalid value. The message lists all mistakes in the table.
    pub fn read(settings: &Settings) -> Result<Self, Error> {
        let mut table = settings.table("publish");
        let age = |text: String| parse_duration(&text);
        let read = Self {
            to: table.get("to"),
            single_writer: table.get("single-writer").unwrap_or_default(),
            time_limit: table.get_with("time-limit", age),
            lease: table.get_with("lease", age),
        };
        let errors: Vec<_> = table.finish().iter().map(ToString::to_string).collect();
        if errors.is_empty() { Ok(read) } else { Err(Error::new(ErrorKind::Config, errors.join("\n"))) }
    }

    /// Opens the bucket at `url` with these settings.
    ///
    /// # Errors
    ///
    /// Same as [`Bucket::open_with_time_limit`], and [`ErrorKind::Config`] for a `lease` of 0.
    pub fn open(&self, url: &str) -> Result<Bucket, Error> {
        let bucket = Bucket::open_with_time_limit(url, self.time_limit.unwrap_or(TIME_LIMIT))?;
        let bucket = bucket.single_writer(self.single_writer);
        match self.lease {
            Some(Duration::ZERO) => {
                let message = "the lock of a run would expire at once with a time of 0; set a longer time, such as `60s`";
                Err(Error::new(ErrorKind::Config, message))
            }
            Some(lease) => Ok(bucket.lease(lease)),
            None => Ok(bucket),
        }
    }
}
