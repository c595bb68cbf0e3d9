use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::{environment, error::Error};

/// The environment variable with the secret.
const VARIABLE: &str = "FINGERPOST_SECRET";

/// The minimum length of a secret in bytes. Shorter secrets can be guessed.
const MIN_SECRET_LENGTH: usize = 16;

/// The bearer token of `POST /cache/bust`.
///
/// The first 32 hex digits of HMAC-SHA256 (RFC 2104) over the text `cache-bust`, with a secret as the key.
///
/// The server and the deploy script compute the token from the same secret, which is never sent.
/// `fingerpost bust-token` prints the token.
///
/// ```
/// use fingerpost::BustToken;
///
/// let token = BustToken::from_secret("correct horse battery staple")?;
/// assert_eq!(token.as_str(), "85c22b8e81fe715f95128a252b7c5c8f");
/// assert!(token.matches(token.as_str()) && !token.matches("85c2"));
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Clone)]
pub struct BustToken(String);

impl BustToken {
    /// Computes the token from a secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) if the secret has fewer than 16 bytes.
    pub fn from_secret(secret: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::new(secret.as_ref(), "the secret")
    }

    /// Computes the token from the secret in the environment variable `FINGERPOST_SECRET`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) if the variable is not set or has fewer than 16
    /// bytes.
    pub fn from_env() -> Result<Self, Error> {
        let secret = environment::variable(VARIABLE).ok_or_else(|| {
            Error::config(format!(
                "there is no secret for the bust token; set {VARIABLE} to at least {MIN_SECRET_LENGTH} bytes"
            ))
        })?;
        Self::new(secret.as_bytes(), VARIABLE)
    }

    fn new(secret: &[u8], secret_name: &str) -> Result<Self, Error> {
        if secret.len() < MIN_SECRET_LENGTH {
            let length = secret.len();
            return Err(Error::config(format!(
                "{secret_name} has {length} bytes, and the bust token needs at least {MIN_SECRET_LENGTH}; `openssl rand -hex 32` generates a secret"
            )));
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(b"cache-bust");
        Ok(Self(HEXLOWER.encode(&mac.finalize().into_bytes()[..16])))
    }

    /// Returns the 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if `given` is the token. The time of the comparison depends only on the length of `given`, as a
    /// protection against timing attacks.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

/// Omits the token, which must not appear in logs.
impl fmt::Debug for BustToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BustToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_must_have_at_least_sixteen_bytes() {
        for bad in ["", "0123456789abcde"] {
            assert!(BustToken::from_secret(bad).unwrap_err().to_string().contains("at least 16"), "{bad}");
        }
        assert!(BustToken::from_secret("0123456789abcdef").is_ok());
    }

    #[test]
    fn only_the_complete_bust_token_matches() {
        let token = BustToken::from_secret("0123456789abcdef").unwrap();
        let text = token.as_str().to_owned();
        assert!(text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        for other in ["", &text[..31], &format!("{text}0"), &text.to_uppercase(), "é"] {
            assert!(!token.matches(other) || other == text, "{other}");
        }
        assert_eq!(format!("{token:?}"), "BustToken(…)");
    }
}
