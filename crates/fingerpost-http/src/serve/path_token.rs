//! What the first segment of a path says, where URLs carry a path token.

use fingerpost::{__private::TokenAge, Token};

/// What a path below the mount is, by its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenMatch<'a> {
    /// This deploy's URL of a path.
    Current(&'a str),
    /// A path without a token.
    Unversioned(&'a str),
    /// An earlier deploy's URL of a path.
    Older(&'a str),
    /// A later deploy's.
    Newer(&'a str),
    /// Somebody's URL of a path.
    Unknown(&'a str),
}

/// Judges a decoded path; `after`, decoded as well, stands between the token and the asset path in the base URL.
///
/// In this order: the current token; the whole rest names an asset, so that a directory called `2024` is reached; for
/// ordered tokens, something that is no number; then older, newer, previous and unknown.
pub(crate) fn classify<'a>(
    token: &Token,
    after: &str,
    path: &'a str,
    is_asset: impl FnOnce(&str) -> bool,
) -> TokenMatch<'a> {
    let without_token = path.strip_prefix(after);
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let (age, rest) = (token.age_of(first), rest.strip_prefix(after));
    match (age, rest) {
        (TokenAge::Current, Some(rest)) => TokenMatch::Current(rest),
        _ if without_token.is_some_and(is_asset) => TokenMatch::Unversioned(without_token.unwrap_or(path)),
        (TokenAge::Older, Some(rest)) => TokenMatch::Older(rest),
        (TokenAge::Newer, Some(rest)) => TokenMatch::Newer(rest),
        (TokenAge::Unknown, Some(rest)) if !token.is_ordered() && Token::opaque(first).is_ok() => {
            TokenMatch::Unknown(rest)
        }
        _ => TokenMatch::Unversioned(without_token.unwrap_or(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn classified<'a>(token: &Token, after: &str, path: &'a str) -> TokenMatch<'a> {
        classify(token, after, path, |asset| matches!(asset, "2024/logo.png" | "1000/a.css" | "css/app.css"))
    }

    #[test]
    fn ordered_token_recognizes_older_and_newer_tokens() {
        let token = Token::ordered(1000).unwrap();
        for (path, expected) in [
            ("1000/css/app.css", TokenMatch::Current("css/app.css")),
            ("1000/nope.css", TokenMatch::Current("nope.css")),
            ("1000/a.css", TokenMatch::Current("a.css")),
            ("css/app.css", TokenMatch::Unversioned("css/app.css")),
            ("2024/logo.png", TokenMatch::Unversioned("2024/logo.png")),
            ("2024/nope.png", TokenMatch::Newer("nope.png")),
            ("999/css/app.css", TokenMatch::Older("css/app.css")),
            ("01000/css/app.css", TokenMatch::Older("css/app.css")),
            ("99999999999999999999999999/x", TokenMatch::Newer("x")),
            ("-1/css/app.css", TokenMatch::Unversioned("-1/css/app.css")),
            ("", TokenMatch::Unversioned("")),
        ] {
            assert_eq!(classified(&token, "", path), expected, "{path}");
        }
    }

    #[test]
    fn opaque_token_recognizes_only_configured_previous_tokens() {
        let token = Token::opaque("3f2a91b").unwrap().previous(["9c01d22"]).unwrap();
        for (path, expected) in [
            ("3f2a91b/css/app.css", TokenMatch::Current("css/app.css")),
            ("9c01d22/css/app.css", TokenMatch::Older("css/app.css")),
            ("0000000/css/app.css", TokenMatch::Unknown("css/app.css")),
            ("css/app.css", TokenMatch::Unversioned("css/app.css")),
            ("css/nope.css", TokenMatch::Unknown("nope.css")),
            ("./css/app.css", TokenMatch::Unversioned("./css/app.css")),
            ("a b/css/app.css", TokenMatch::Unversioned("a b/css/app.css")),
        ] {
            assert_eq!(classified(&token, "", path), expected, "{path}");
        }
    }

    #[test]
    fn base_url_may_have_a_path_between_the_token_and_the_asset_path() {
        let token = Token::ordered(1000).unwrap();
        for (path, expected) in [
            ("1000/static/css/app.css", TokenMatch::Current("css/app.css")),
            ("999/static/css/app.css", TokenMatch::Older("css/app.css")),
            ("static/css/app.css", TokenMatch::Unversioned("css/app.css")),
            ("999/css/app.css", TokenMatch::Unversioned("999/css/app.css")),
            ("999", TokenMatch::Unversioned("999")),
        ] {
            assert_eq!(classified(&token, "static/", path), expected, "{path}");
        }
    }
}
