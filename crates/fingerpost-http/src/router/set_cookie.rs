//! The version cookie: its attributes, and the header that expires the cookie.

use fingerpost::{__private::quoted, Error};
use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};

use crate::version::requested_version::VERSION_COOKIE;

#[derive(Debug, Clone)]
pub(super) struct Cookie {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) domain: Option<String>,
}

impl Default for Cookie {
    fn default() -> Self {
        Self { name: VERSION_COOKIE.to_owned(), path: "/".to_owned(), domain: None }
    }
}

impl Cookie {
    /// Returns an error if browsers would reject the cookie.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Self { name, path, domain } = self;
        let refuse = |what, text, advice| {
            Err(Error::config(format!("{} cannot be the {what} of a cookie; {advice}", quoted(text))))
        };
        // RFC 6265, §4.1.1: the name of a cookie is a token, like the name of a header.
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return refuse("name", name, "write letters, digits, `_` and `-`, such as `app_version`");
        }
        let is_plain = |c: char| c.is_ascii_graphic() && c != ';';
        if !path.starts_with('/') || !path.chars().all(is_plain) {
            return refuse("path", path, "write a path that begins with `/` and has no spaces and no `;`");
        }
        let is_in_domains = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        if let Some(domain) =
            domain.as_ref().filter(|domain| domain.is_empty() || !domain.chars().all(is_in_domains))
        {
            return refuse("domain", domain, "write a host name such as `example.com`");
        }
        // RFC 6265bis, §4.1.3: browsers reject a cookie with this prefix if the cookie has a domain or another path.
        if self.has_prefix("__Host-") && (path != "/" || domain.is_some()) {
            return refuse("name", name, "a `__Host-` cookie must have the path `/` and no domain");
        }
        Ok(())
    }

    fn has_prefix(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    fn expiry(&self) -> HeaderValue {
        let Self { name, path, domain } = self;
        let domain = domain.as_ref().map_or_else(String::new, |domain| format!("; Domain={domain}"));
        let secure = if self.has_prefix("__Host-") || self.has_prefix("__Secure-") { "; Secure" } else { "" };
        let expiry =
            format!("{name}=; Path={path}{domain}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT{secure}");
        HeaderValue::try_from(expiry).expect("checked attributes are printable")
    }

    /// Expires the cookie, unless the application sets the cookie in this response. Returns `true` if the cookie was expired.
    pub(super) fn expire(&self, headers: &mut HeaderMap) -> bool {
        let is_ours = |set: &HeaderValue| {
            let rest = set.as_bytes().strip_prefix(self.name.as_bytes());
            rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
        };
        let expires = !headers.get_all(SET_COOKIE).iter().any(is_ours);
        if expires {
            headers.append(SET_COOKIE, self.expiry());
        }
        expires
    }
}
