/// The nonce of a page's content security policy, for the script tag.
///
/// The layer that sets the policy stores the nonce in the extensions of the request.
///
/// A nonce consists of letters, digits, `+ / - _`, and at most two `=` at its end (CSP3, §2.3.1). Invalid nonces are not
/// written into pages.
///
/// ```
/// use fingerpost_http::CspNonce;
/// use http::Request;
///
/// let mut request = Request::get("/").body(())?;
/// request.extensions_mut().insert(CspNonce("2726c7f26c".to_owned()));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CspNonce(pub String);

impl CspNonce {
    pub(super) fn is_valid(&self) -> bool {
        let value = self.0.trim_end_matches('=');
        !value.is_empty()
            && self.0.len() - value.len() <= 2
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csp_nonce_must_be_base64() {
        for nonce in ["2726c7f26c", "a", "ab+/==", "ab-_=", "A9"] {
            assert!(CspNonce(nonce.to_owned()).is_valid(), "{nonce}");
        }
        for nonce in ["", "=", "==", "a===", "a=b", "a\"", "a'", "a b", "a>", "a\n", "ä", "a&quot;"] {
            assert!(!CspNonce(nonce.to_owned()).is_valid(), "{nonce}");
        }
    }
}
