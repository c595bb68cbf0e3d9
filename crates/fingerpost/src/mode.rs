use crate::{
    environment,
    error::{Error, ErrorKind},
    quote::quoted,
};

/// The mode of a site. In development, URLs identify the current source files. In production, URLs identify the
/// published files.
///
/// | | development | production |
/// |---|---|---|
/// | reads | the source directories, at every call | the manifest, at start-up and at [`Assets::reload`](crate::Assets::reload) |
/// | URL | `/static/css/app.css?v=3f2a91bc0d4e` | `/static/css/app.3f2a91bc0d4e.css` |
/// | cost | one `stat` per source directory, up to the directory that contains the file; a hash after a change | one table lookup |
/// | chosen by | [`Dev`](Self::Dev), or [`Auto`](Self::Auto) | [`Production`](Self::Production), or [`Auto`](Self::Auto) |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Mode {
    /// `FINGERPOST_MODE=dev|production`; if unset or empty, `Dev` in a build with debug assertions, else `Production`.
    ///
    /// Files on disk never influence the mode. Set the mode explicitly if a profile turns `debug-assertions` on or off
    /// for dependencies alone.
    ///
    /// [`AssetsBuilder::build`](crate::AssetsBuilder::build) resolves `Auto`, and fails with
    /// [`ErrorKind::InvalidMode`](crate::ErrorKind::InvalidMode) if the variable has any other value.
    #[default]
    Auto,
    /// `?v=<content hash>`, from the current files in the source directories.
    ///
    /// A debug build hashes about 20 MB a second, or about 80 times as much with `[profile.dev.package.sha2] opt-level = 3`
    /// in the `Cargo.toml` of the workspace.
    Dev,
    /// Hashed names, from the manifest in the output directory.
    Production,
}

impl Mode {
    /// Returns `Dev` or `Production`. The environment or the build profile selects the mode for `Auto`.
    pub(crate) fn resolve(self) -> Result<Self, Error> {
        match self {
            Self::Auto => Self::from_variable(environment::variable("FINGERPOST_MODE").as_deref()),
            named => Ok(named),
        }
    }

    fn from_variable(value: Option<&str>) -> Result<Self, Error> {
        match value {
            Some("dev") => Ok(Self::Dev),
            Some("production") => Ok(Self::Production),
            Some(other) => {
                let advice = "set it to `dev` or `production`, or unset it to follow the build profile";
                let message = format_args!("FINGERPOST_MODE is {}; {advice}", quoted(other));
                Err(Error::new(ErrorKind::InvalidMode, message))
            }
            None if cfg!(debug_assertions) => Ok(Self::Dev),
            None => Ok(Self::Production),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_comes_from_the_variable_or_else_the_build_profile() {
        assert_eq!(Mode::from_variable(Some("dev")).unwrap(), Mode::Dev);
        assert_eq!(Mode::from_variable(Some("production")).unwrap(), Mode::Production);
        let by_profile = if cfg!(debug_assertions) { Mode::Dev } else { Mode::Production };
        assert_eq!(Mode::from_variable(None).unwrap(), by_profile);
        assert_eq!(
            Mode::from_variable(Some("prod")).unwrap_err().to_string(),
            "FINGERPOST_MODE is `prod`; set it to `dev` or `production`, or unset it to follow the build profile"
        );
    }
}
