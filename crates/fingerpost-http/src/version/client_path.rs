use fingerpost::{__private::quoted, Error};

/// The path prefix of the client script and its version endpoint. Defaults to `/_fingerpost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientPath(String);

impl ClientPath {
    pub(super) fn parse(path: &str) -> Result<Self, Error> {
        let refuse = |reason| {
            let path = quoted(path);
            Err(Error::config(format!("client path {path} {reason}; write a path such as `/_fingerpost`")))
        };
        let Some(inside) = path.strip_prefix('/') else { return refuse("does not begin with `/`") };
        for segment in inside.strip_suffix('/').unwrap_or(inside).split('/') {
            match segment {
                "" => return refuse("has an empty segment"),
                "." | ".." => return refuse("has a `.` or `..` segment"),
                _ if segment.bytes().all(is_plain) => {}
                _ => return refuse("may contain only letters, digits and `. _ ~ - /`"),
            }
        }
        Ok(Self(path.trim_end_matches('/').to_owned()))
    }

    pub(super) fn join(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }

    /// Returns the part of a request path below this path.
    pub(super) fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&*self.0)?.strip_prefix('/')
    }
}

/// RFC 3986, §2.3: unreserved characters have one spelling, and no meaning in HTML.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)
}

impl Default for ClientPath {
    fn default() -> Self {
        Self("/_fingerpost".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use fingerpost::ErrorKind;

    use super::*;

    #[track_caller]
    fn refused(path: &str) -> String {
        let err = ClientPath::parse(path).unwrap_err();
        assert_eq!(err.kind(), ErrorKind::InvalidConfig);
        err.to_string()
    }

    #[test]
    fn client_path_must_be_a_plain_absolute_path() {
        assert_eq!(ClientPath::parse("/_fingerpost").unwrap(), ClientPath::default());
        assert_eq!(ClientPath::parse("/_fingerpost/").unwrap(), ClientPath::default());
        assert_eq!(ClientPath::parse("/a/b.c~d-e").unwrap().join("x"), "/a/b.c~d-e/x");
        let advice = "; write a path such as `/_fingerpost`";
        for path in ["", "x", "https://x/", " /x"] {
            assert_eq!(refused(path), format!("client path `{path}` does not begin with `/`{advice}"));
        }
        for path in ["/", "//", "//x", "/x//", "/x//y"] {
            assert_eq!(refused(path), format!("client path `{path}` has an empty segment{advice}"));
        }
        for path in ["/.", "/../x", "/x/.."] {
            assert_eq!(refused(path), format!("client path `{path}` has a `.` or `..` segment{advice}"));
        }
        for path in ["/x y", "/x?", "/x#y", "/%2e", "/ä", "/x'", "/<x>"] {
            let reason = "may contain only letters, digits and `. _ ~ - /`";
            assert_eq!(refused(path), format!("client path `{path}` {reason}{advice}"));
        }
    }

    #[test]
    fn client_path_matches_only_whole_segments() {
        let path = ClientPath::default();
        assert_eq!(path.below("/_fingerpost/version"), Some("version"));
        assert_eq!(path.below("/_fingerpost/a/b"), Some("a/b"));
        for other in ["/_fingerpost", "/_fingerposts/x", "/x/_fingerpost/version", "", "_fingerpost/x"] {
            assert_eq!(path.below(other), None, "{other}");
        }
    }
}
