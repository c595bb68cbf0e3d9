use std::fmt;

/// What the client script does once it sees that the server has another version than the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mismatch {
    /// Loads the page anew, once per version; where a form has been filled in, it prompts.
    #[default]
    Reload,
    /// Shows a banner with a button that loads the page anew.
    Prompt,
    /// Writes a warning to the console.
    Warn,
    /// Nothing. The script is not put into pages, and pages that have it already do nothing.
    Ignore,
}

impl Mismatch {
    /// The word that stands in `X-App-Version-Action` and in `data-action`.
    ///
    /// ```
    /// use fingerpost_http::Mismatch;
    ///
    /// assert_eq!(Mismatch::default().as_str(), "reload");
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

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
