//! Finds the path token in the path of a request.

use fingerpost::{__private::TokenAge, Token};

/// Splits a decoded path below the mount path into the age of the token and the asset path. `after` is the decoded part
/// of the base URL between the token and the asset path.
///
/// A first segment that cannot be a token is part of the asset path. A first segment other than the current token is also
/// part of the asset path if the whole path names an asset. A directory with the name `2024` is therefore reachable.
pub(crate) fn classify<'a>(
    token: &Token,
    after: &str,
    path: &'a str,
    is_asset: impl FnOnce(&str) -> bool,
) -> (Option<TokenAge>, &'a str) {
    let without_token = path.strip_prefix(after);
    let unversioned = (None, without_token.unwrap_or(path));
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let Some(rest) = rest.strip_prefix(after) else { return unversioned };
    match token.age_of(first) {
        TokenAge::Current => (Some(TokenAge::Current), rest),
        _ if without_token.is_some_and(is_asset) => unversioned,
        TokenAge::Unknown if token.is_ordered() || Token::opaque(first).is_err() => unversioned,
        age => (Some(age), rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn classified<'a>(token: &Token, after: &str, path: &'a str) -> (Option<TokenAge>, &'a str) {
        classify(token, after, path, |asset| matches!(asset, "2024/logo.png" | "1000/a.css" | "css/app.css"))
    }

    #[test]
    fn ordered_token_recognizes_older_and_newer_tokens() {
        let token = Token::ordered(1000).unwrap();
        for (path, expected) in [
            ("1000/css/app.css", (Some(TokenAge::Current), "css/app.css")),
            ("1000/nope.css", (Some(TokenAge::Current), "nope.css")),
            ("1000/a.css", (Some(TokenAge::Current), "a.css")),
            ("css/app.css", (None, "css/app.css")),
            ("2024/logo.png", (None, "2024/logo.png")),
            ("2024/nope.png", (Some(TokenAge::Newer), "nope.png")),
            ("999/css/app.css", (Some(TokenAge::Older), "css/app.css")),
            ("01000/css/app.css", (Some(TokenAge::Older), "css/app.css")),
            ("99999999999999999999999999/x", (Some(TokenAge::Newer), "x")),
            ("-1/css/app.css", (None, "-1/css/app.css")),
            ("", (None, "")),
        ] {
            assert_eq!(classified(&token, "", path), expected, "{path}");
        }
    }

    #[test]
    fn opaque_token_recognizes_only_configured_previous_tokens() {
        let token = Token::opaque("3f2a91b").unwrap().previous(["9c01d22"]).unwrap();
        for (path, expected) in [
            ("3f2a91b/css/app.css", (Some(TokenAge::Current), "css/app.css")),
            ("9c01d22/css/app.css", (Some(TokenAge::Older), "css/app.css")),
            ("0000000/css/app.css", (Some(TokenAge::Unknown), "css/app.css")),
            ("css/app.css", (None, "css/app.css")),
            ("css/nope.css", (Some(TokenAge::Unknown), "nope.css")),
            ("./css/app.css", (None, "./css/app.css")),
            ("a b/css/app.css", (None, "a b/css/app.css")),
        ] {
            assert_eq!(classified(&token, "", path), expected, "{path}");
        }
    }

    #[test]
    fn base_url_may_have_a_path_between_the_token_and_the_asset_path() {
        let token = Token::ordered(1000).unwrap();
        for (path, expected) in [
            ("1000/static/css/app.css", (Some(TokenAge::Current), "css/app.css")),
            ("999/static/css/app.css", (Some(TokenAge::Older), "css/app.css")),
            ("static/css/app.css", (None, "css/app.css")),
            ("999/css/app.css", (None, "999/css/app.css")),
            ("999", (None, "999")),
        ] {
            assert_eq!(classified(&token, "static/", path), expected, "{path}");
        }
    }
}
