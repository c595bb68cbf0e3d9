use std::{
    cmp::Ordering,
    fmt,
    sync::{Arc, Once},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{error::Error, version::AppVersion};

/// The per-deploy segment in a URL: `/static/<token>/css/app.css`.
///
/// For [`Strategy::PathToken`](crate::Strategy::PathToken). A token has 1 to 128 characters of `A-Z a-z 0-9 . _ ~ + -`.
/// An ordered or opaque token also determines the response to a request with another token.
///
/// ```
/// use fingerpost::Token;
///
/// let build = Token::ordered(1000)?;
/// let commit = Token::opaque("3f2a91b")?.previous(["9c01d22"])?;
/// assert!(build.is_ordered() && !commit.is_ordered());
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    text: Arc<str>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// A number that increases with every deploy.
    Ordered,
    /// A name without an order, and the names of earlier deploys.
    Opaque(Vec<Arc<str>>),
}

/// The age of a token in a request, compared with the current token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenAge {
    /// The current token, with identical text.
    Current,
    /// The token of an earlier deploy, or the current number with other leading zeros. URLs with an older token are
    /// redirected to the current URLs.
    Older,
    /// The token of a deploy that is later than the deploy of this process.
    Newer,
    /// A token of unknown age.
    Unknown,
}

impl Token {
    /// Creates a token from a number that increases with every deploy, such as a build number or a timestamp. The
    /// number may have up to 128 digits.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for anything but digits.
    pub fn ordered(number: impl fmt::Display) -> Result<Self, Error> {
        let text = validate(&number.to_string())?;
        if !is_number(&text) {
            return Err(Error::config(format!(
                "path token `{text}` is not a number; use `Token::opaque` for a name"
            )));
        }
        Ok(Self { text, kind: Kind::Ordered })
    }

    /// Creates an ordered token from the time in milliseconds since 1970, with at least twelve digits.
    ///
    /// Suitable for a single process only. A process that starts later has another token, and each process would reject
    /// or redirect the URLs of the other process. Warns once through `tracing`.
    pub fn from_clock() -> Self {
        static WARNED: Once = Once::new();
        WARNED.call_once(|| {
            tracing::warn!("the path token comes from the clock, which is suitable for one process only; set the same token in all processes");
        });
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { text: format!("{:012}", now.as_millis()).into(), kind: Kind::Ordered }
    }

    /// Creates a token from a name without an order, such as a commit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for characters that a token cannot have.
    pub fn opaque(id: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self { text: validate(id.as_ref())?, kind: Kind::Opaque(Vec::new()) })
    }

    /// Adds the tokens of earlier deploys, whose URLs are then redirected to the current URLs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) as for [`opaque`](Self::opaque), and for an
    /// ordered token, which needs no list of older tokens.
    pub fn previous(mut self, ids: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, Error> {
        let Kind::Opaque(previous) = &mut self.kind else {
            return Err(Error::config("an ordered path token needs no previous tokens; remove `previous`"));
        };
        for id in ids {
            previous.push(validate(id.as_ref())?);
        }
        Ok(self)
    }

    /// Returns the age of the token in a request, compared with this token.
    ///
    /// ```
    /// use fingerpost::Token;
    /// use fingerpost::__private::TokenAge;
    ///
    /// let build = Token::ordered(1000)?;
    /// assert_eq!(build.age_of("999"), TokenAge::Older);        // as numbers, not as text
    /// assert_eq!(build.age_of("1001"), TokenAge::Newer);
    /// assert_eq!(build.age_of("1000"), TokenAge::Current);
    ///
    /// let commit = Token::opaque("3f2a91b")?.previous(["9c01d22"])?;
    /// assert_eq!(commit.age_of("9c01d22"), TokenAge::Older);
    /// assert_eq!(commit.age_of("0000000"), TokenAge::Unknown);
    /// # Ok::<(), fingerpost::Error>(())
    /// ```
    #[doc(hidden)]
    pub fn age_of(&self, other: &str) -> TokenAge {
        match &self.kind {
            _ if other == &*self.text => TokenAge::Current,
            Kind::Ordered if is_number(other) => match compare(other, &self.text) {
                Ordering::Greater => TokenAge::Newer,
                Ordering::Less | Ordering::Equal => TokenAge::Older,
            },
            Kind::Opaque(previous) if previous.iter().any(|id| &**id == other) => TokenAge::Older,
            Kind::Ordered | Kind::Opaque(_) => TokenAge::Unknown,
        }
    }

    /// Returns `true` if the token is a number.
    pub fn is_ordered(&self) -> bool {
        self.kind == Kind::Ordered
    }

    /// Returns the token as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn validate(text: &str) -> Result<Arc<str>, Error> {
    // Browsers remove `.` and `..` as dot segments.
    if matches!(text, "." | "..") || AppVersion::explicit(text).is_err() {
        return Err(Error::config(format!(
            "path token {} must have 1 to 128 letters, digits and `. _ ~ + -`",
            crate::quote::quoted(text)
        )));
    }
    Ok(text.into())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares two decimal numbers of any length.
fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_tokens_compare_as_numbers_of_any_length() {
        let token = Token::ordered("100000000000000000000000000000").unwrap();
        for (other, age) in [
            ("100000000000000000000000000000", TokenAge::Current),
            ("0100000000000000000000000000000", TokenAge::Older),
            ("99999999999999999999999999999", TokenAge::Older),
            ("100000000000000000000000000001", TokenAge::Newer),
            ("css", TokenAge::Unknown),
            ("", TokenAge::Unknown),
            ("-1", TokenAge::Unknown),
        ] {
            assert_eq!(token.age_of(other), age, "{other}");
        }
    }

    #[test]
    fn clock_token_has_at_least_twelve_digits() {
        let token = Token::from_clock();
        assert!(token.as_str().len() >= 12 && is_number(token.as_str()));
        assert_eq!(token.age_of("1"), TokenAge::Older);
    }

    #[test]
    fn token_must_be_one_plain_segment() {
        for bad in ["", "a/b", ".", "..", "a b", "ä", "{breaker}", &"x".repeat(129)] {
            assert!(Token::opaque(bad).is_err(), "{bad}");
        }
        assert!(Token::ordered("12a").is_err());
        assert!(Token::ordered(7).unwrap().previous(["6"]).is_err());
    }
}
