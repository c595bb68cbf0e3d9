use crate::{error::Error, token::Token};

/// How an asset path becomes a URL in production.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// use fingerpost::{Assets, Mode, Strategy, Token};
///
/// let production = || Assets::builder().source(dir.path()).mode(Mode::Production);
/// let query = production().strategy(Strategy::VersionQuery).app_version("3f2a91b").build()?;
/// assert_eq!(query.url("a.css")?, "/static/a.css?v=3f2a91b");
///
/// let token = Strategy::PathToken(Token::ordered(1000)?);
/// let path = production().strategy(token).base_url("/static/{breaker}/").build()?;
/// assert_eq!(path.url("a.css")?, "/static/1000/a.css");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// `/static/css/app.3f2a91bc0d4e.css`, from the manifest that `fingerpost collect` wrote.
    #[default]
    Manifest,
    /// `/static/css/app.css?v=<app version>`, with no build step. Needs a version that a deploy changes, such as the git
    /// commit: see [`AssetsBuilder::version_from_git`](crate::AssetsBuilder::version_from_git).
    VersionQuery,
    /// `/static/<token>/css/app.css`, with no build step. The base URL says where the token goes: `/static/{breaker}/`.
    PathToken(Token),
}

/// What stands in a base URL for the path token.
const PLACEHOLDER: &str = "{breaker}";

impl Strategy {
    /// The base URL that a pattern means: with the token where it is in force, without its segment where it is not.
    pub(crate) fn base_url(&self, pattern: &str, in_force: bool) -> Result<String, Error> {
        let segments = pattern.split('/').filter(|segment| *segment == PLACEHOLDER).count();
        match self {
            Self::PathToken(_) if segments != 1 => Err(Error::config(format!(
                "base URL `{pattern}` does not say where the path token goes; write `{PLACEHOLDER}` as one of its segments, as in `/static/{PLACEHOLDER}/`"
            ))),
            Self::PathToken(token) if in_force => Ok(pattern.replace(PLACEHOLDER, token.as_str())),
            Self::PathToken(_) => Ok(pattern.replace(&format!("/{PLACEHOLDER}"), "")),
            _ if pattern.contains(PLACEHOLDER) => Err(Error::config(format!(
                "base URL `{pattern}` has `{PLACEHOLDER}`, which only the strategy `PathToken` fills; leave it out, or choose that strategy"
            ))),
            _ => Ok(pattern.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_takes_the_place_of_its_segment() {
        let token = Strategy::PathToken(Token::ordered(7).unwrap());
        assert_eq!(token.base_url("/static/{breaker}/", true).unwrap(), "/static/7/");
        assert_eq!(token.base_url("/static/{breaker}", true).unwrap(), "/static/7");
        assert_eq!(token.base_url("/static/{breaker}/", false).unwrap(), "/static/");
        assert_eq!(token.base_url("https://cdn/{breaker}/x/", false).unwrap(), "https://cdn/x/");
        assert_eq!(Strategy::Manifest.base_url("/static/", true).unwrap(), "/static/");
    }

    #[test]
    fn pattern_and_strategy_have_to_agree() {
        let token = Strategy::PathToken(Token::ordered(7).unwrap());
        for bad in ["/static/", "/static/v{breaker}/", "/{breaker}/{breaker}/"] {
            assert!(token.base_url(bad, true).is_err(), "{bad}");
        }
        assert!(Strategy::Manifest.base_url("/static/{breaker}/", false).is_err());
        assert!(Strategy::VersionQuery.base_url("/static/{breaker}/", true).is_err());
    }
}
