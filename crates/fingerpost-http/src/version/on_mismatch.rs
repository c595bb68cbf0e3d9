use std::{fmt, str::FromStr};

use fingerpost::{__private::quoted, Error};

/// The action of the client script when the version of the server differs from the version of the page.
///
/// The action can be parsed from a setting, such as an environment variable:
///
/// ```
/// use fingerpost_http::OnMismatch;
///
/// let mismatch = match std::env::var("APP_VERSION_MISMATCH") {
///     Ok(word) => word.parse()?,
///     Err(_) => OnMismatch::Prompt,
/// };
/// assert_eq!(mismatch, "prompt".parse::<OnMismatch>()?);
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnMismatch {
    /// Reloads the page, once per version. Prompts instead if a form has input.
    #[default]
    Reload,
    /// Shows a banner with a button that reloads the page.
    Prompt,
    /// Writes a warning to the console.
    Warn,
    /// Does nothing. The script is not inserted into pages, and does nothing in pages that already include the script.
    Ignore,
}

impl OnMismatch {
    /// Returns the value of `X-App-Version-Action` and `data-action`.
    ///
    /// ```
    /// use fingerpost_http::OnMismatch;
    ///
    /// assert_eq!(OnMismatch::default().as_str(), "reload");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Prompt => "prompt",
            Self::Warn => "warn",
            Self::Ignore => "ignore",
        }
    }
}

/// Parses the value that [`as_str`](OnMismatch::as_str) returns. Any other value is
/// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig).
impl FromStr for OnMismatch {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let all = [Self::Reload, Self::Prompt, Self::Warn, Self::Ignore];
        all.into_iter().find(|action| action.as_str() == word).ok_or_else(|| {
            Error::config(format!(
                "{} is not an action for stale pages; write `reload`, `prompt`, `warn` or `ignore`",
                quoted(word)
            ))
        })
    }
}

impl fmt::Display for OnMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use fingerpost::ErrorKind;

    use super::*;

    #[test]
    fn on_mismatch_round_trips_through_its_string() {
        for mismatch in [OnMismatch::Reload, OnMismatch::Prompt, OnMismatch::Warn, OnMismatch::Ignore] {
            assert_eq!(mismatch.as_str().parse::<OnMismatch>().unwrap(), mismatch);
        }
        for other in ["", "Reload", " warn", "none"] {
            let err = other.parse::<OnMismatch>().unwrap_err();
            assert_eq!(err.kind(), ErrorKind::InvalidConfig);
            assert_eq!(
                err.to_string(),
                format!(
                    "`{other}` is not an action for stale pages; write `reload`, `prompt`, `warn` or `ignore`"
                )
            );
        }
    }
}
