use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{error::Error, quote::quoted};

/// The severity of a problem.
///
/// ```
/// use fingerpost::__private::Severity;
///
/// assert_eq!("warn".parse::<Severity>()?, Severity::Warn);
/// assert!("loud".parse::<Severity>().is_err());
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run fails, and nothing is published.
    Error,
    /// The problem is reported, and the run continues.
    Warn,
    /// The problem is reported only in the verbose report.
    Ignore,
}

impl Severity {
    /// All severities, the most serious first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warn, Self::Ignore];

    /// Returns the name in settings files and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Ignore => "ignore",
        }
    }
}

impl FromStr for Severity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or_else(|| {
            Error::config(format!("level {} is unknown; write `error`, `warn` or `ignore`", quoted(text)))
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
