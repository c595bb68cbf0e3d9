use crate::{error::Error, resolve::path_token::Token, url::base_url::path_start};

/// The rule that turns asset paths into URLs in production.
///
/// | [`Strategy`] | URL in production | needs |
/// |---|---|---|
/// | `Manifest` (default) | `/static/css/app.3f2a91bc0d4e.css` | `fingerpost collect` before a deploy |
/// | `VersionQuery` | `/static/css/app.css?v=3f2a91b` | an app version that changes with every deploy |
/// | `PathToken` | `/static/1000/css/app.css` | a [`Token`] that all processes of a deploy share |
///
/// Development uses other URLs unless [`AssetsBuilder::strategy_in_dev`](crate::AssetsBuilder::strategy_in_dev) is set.
/// The app version can come from [`AssetsBuilder::version_from_git`](crate::AssetsBuilder::version_from_git),
/// [`AssetsBuilder::component`](crate::AssetsBuilder::component),
/// [`AssetsBuilder::version_from_executable`](crate::AssetsBuilder::version_from_executable) or
/// [`VersionSettings`](crate::VersionSettings).
///
/// The two strategies without a build step list the source directories at start-up and at each reload. An unreadable
/// directory or file is then an error. [`Snapshot::baseline_file`](crate::Snapshot::baseline_file) returns the listed
/// files.
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
    /// `/static/css/app.css?v=<app version>`, without a build step. Needs a version that changes with every deploy,
    /// such as the git commit: see [`AssetsBuilder::version_from_git`](crate::AssetsBuilder::version_from_git). A `+`
    /// in the version is written as `%2B`.
    ///
    /// References in CSS and JavaScript are unchanged, without a version. A module therefore has two URLs, and runs
    /// twice if a page loads the module with `static()` and another module imports the module.
    /// [`AssetsBuilder::import_modules`](crate::AssetsBuilder::import_modules) gives such modules one URL.
    VersionQuery,
    /// `/static/<token>/css/app.css`, without a build step. `{breaker}` in the base URL, as in `/static/{breaker}/`, is
    /// replaced by the token. Relative references in CSS and JavaScript resolve to URLs with the token.
    PathToken(Token),
}

/// The placeholder for the path token in a base URL.
const PLACEHOLDER: &str = "{breaker}";

impl Strategy {
    /// Returns the base URL for a pattern: with the token if the strategy is active, else without the segment of the token.
    pub(crate) fn base_url(&self, pattern: &str, is_active: bool) -> Result<String, Error> {
        let refuse = |reason| Err(Error::config(format!("base URL `{pattern}` {reason}")));
        let (host, path) = host_and_path(pattern);
        match self {
            _ if host.contains(PLACEHOLDER) => refuse(
                "has `{breaker}` in its host; write it as a segment of the path, as in `https://cdn.example.com/static/{breaker}/`",
            ),
            Self::PathToken(_) if !path.contains(PLACEHOLDER) => refuse(
                "has no `{breaker}` for the path token; add it as a segment, as in `/static/{breaker}/`",
            ),
            Self::PathToken(_) if !is_one_whole_segment(path) => {
                refuse("must have `{breaker}` once, as one whole segment, as in `/static/{breaker}/`")
            }
            Self::PathToken(token) if is_active => Ok(pattern.replace(PLACEHOLDER, token.as_str())),
            Self::PathToken(_) => {
                let path = path.replace(&format!("/{PLACEHOLDER}"), "");
                Ok(format!("{host}{}", if path.is_empty() { "/" } else { &path }))
            }
            _ if path.contains(PLACEHOLDER) => refuse(
                "has `{breaker}`, which only the strategy `PathToken` replaces; remove it, or select that strategy",
            ),
            _ => Ok(pattern.to_owned()),
        }
    }
}

/// Returns the length of the path of a base URL up to the path token.
pub(crate) fn mount_path_len(pattern: &str) -> Option<usize> {
    Some(host_and_path(pattern).1.find(&format!("/{PLACEHOLDER}"))? + 1)
}

/// Splits a URL into the scheme with the host, and the path.
fn host_and_path(url: &str) -> (&str, &str) {
    url.split_at(path_start(url).unwrap_or(0))
}

fn is_one_whole_segment(path: &str) -> bool {
    let is_placeholder = |segment: &&str| *segment == PLACEHOLDER;
    path.split('/').filter(is_placeholder).count() == 1 && path.matches(PLACEHOLDER).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Strategy {
        Strategy::PathToken(Token::ordered(7).unwrap())
    }

    #[track_caller]
    fn refused(strategy: &Strategy, pattern: &str) -> String {
        let [active, inactive] =
            [true, false].map(|is_active| strategy.base_url(pattern, is_active).unwrap_err());
        assert_eq!(active.to_string(), inactive.to_string());
        inactive.to_string()
    }

    #[test]
    fn token_replaces_its_placeholder_segment() {
        for (pattern, with, without) in [
            ("/static/{breaker}/", "/static/7/", "/static/"),
            ("/static/{breaker}", "/static/7", "/static"),
            ("/{breaker}/static/", "/7/static/", "/static/"),
            ("/static//{breaker}/", "/static//7/", "/static//"),
            ("/{breaker}/", "/7/", "/"),
            ("/{breaker}", "/7", "/"),
            ("https://cdn/{breaker}/x/", "https://cdn/7/x/", "https://cdn/x/"),
            ("https://cdn/{breaker}", "https://cdn/7", "https://cdn/"),
        ] {
            assert_eq!(token().base_url(pattern, true).unwrap(), with);
            assert_eq!(token().base_url(pattern, false).unwrap(), without);
        }
        assert_eq!(Strategy::Manifest.base_url("/static/", true).unwrap(), "/static/");
    }

    #[test]
    fn token_placeholder_must_be_one_whole_segment_exactly_once() {
        for bad in [
            "/static/v{breaker}/",
            "/static/{breaker}v/",
            "/{breaker}/{breaker}/",
            "/{breaker}/v{breaker}/",
            "/static/?{breaker}",
        ] {
            assert_eq!(
                refused(&token(), bad),
                format!(
                    "base URL `{bad}` must have `{{breaker}}` once, as one whole segment, as in `/static/{{breaker}}/`"
                )
            );
        }
        for bad in ["/static/", "/", "https://cdn/static/", "/{BREAKER}/", "/{breaker/"] {
            assert!(refused(&token(), bad).contains("has no `{breaker}` for the path token"), "{bad}");
        }
    }

    #[test]
    fn token_placeholder_in_a_host_is_rejected() {
        for bad in [
            "https://{breaker}/static/",
            "https://{breaker}",
            "https://cdn.{breaker}.com/{breaker}/",
            "https://user:{breaker}@cdn/{breaker}/",
        ] {
            for strategy in [token(), Strategy::Manifest] {
                assert_eq!(
                    refused(&strategy, bad),
                    format!(
                        "base URL `{bad}` has `{{breaker}}` in its host; write it as a segment of the path, as in `https://cdn.example.com/static/{{breaker}}/`"
                    )
                );
            }
        }
    }

    #[test]
    fn token_placeholder_is_rejected_for_other_strategies() {
        for strategy in [Strategy::Manifest, Strategy::VersionQuery] {
            assert!(
                refused(&strategy, "/static/{breaker}/").contains("only the strategy `PathToken` replaces")
            );
        }
    }
}
