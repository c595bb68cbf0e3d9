//! A client for HTTP/1.1 that sends paths and headers without normalization.

use std::{
    fmt,
    hash::{DefaultHasher, Hasher as _},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::{Result, requests::Request};

/// Headers that depend on the time or the connection.
const IGNORED: [&str; 4] = ["connection", "date", "keep-alive", "transfer-encoding"];

/// Sends requests over one connection, and reconnects if the server closes the connection.
pub(crate) struct Client {
    host: String,
    connection: Option<BufReader<TcpStream>>,
}

#[derive(Default, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The sorted headers, with names in lowercase.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(site: &str) -> Result<Self> {
        let host = site.strip_prefix("http://").ok_or("the URL of a site must begin with `http://`")?;
        Ok(Self { host: host.trim_end_matches('/').to_owned(), connection: None })
    }

    pub(crate) fn send(&mut self, request: &Request) -> Result<Response> {
        let was_open = self.connection.is_some();
        match self.try_send(request) {
            // The server may have closed the idle connection.
            Err(_) if was_open => {
                self.connection = None;
                self.try_send(request)
            }
            result => result,
        }
        .map_err(|err| format!("http://{}: {err}\n{request}", self.host).into())
    }

    fn try_send(&mut self, request: &Request) -> io::Result<Response> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let Request { method, path, headers } = request;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        connection.get_mut().write_all((head + "\r\n").as_bytes())?;
        let mut response = Response::default();
        let status = line(&mut connection)?;
        response.status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(invalid)?;
        loop {
            let line = line(&mut connection)?;
            let Some((name, value)) = line.split_once(':') else { break };
            response.headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let is_last = response.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if method != "HEAD" {
            response.body = response.read_body(&mut connection)?;
        }
        if !is_last {
            self.connection = Some(connection);
        }
        // RFC 9110 §8.6: in a 204 or 304 response to HEAD, some frameworks send `Content-Length: 0`, and others send no
        // length.
        let has_no_length = method == "HEAD" && matches!(response.status, 204 | 304);
        response
            .headers
            .retain(|(name, _)| !(IGNORED.contains(&&**name) || has_no_length && name == "content-length"));
        response.headers.sort();
        Ok(response)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let connection = TcpStream::connect(&self.host)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(BufReader::new(connection))
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }

    /// Reads the body in the framing that the headers define (RFC 9112, §6.3).
    fn read_body(&self, connection: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if matches!(self.status, 204 | 304) {
        } else if self.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(line(connection)?.trim(), 16).map_err(|_| invalid())?;
                let start = body.len();
                body.resize(start + size, 0);
                connection.read_exact(&mut body[start..])?;
                line(connection)?;
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = self.header("content-length") {
            body.resize(length.parse().map_err(|_| invalid())?, 0);
            connection.read_exact(&mut body)?;
        } else {
            connection.read_to_end(&mut body)?;
        }
        Ok(body)
    }
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    connection.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned())
}

fn invalid() -> io::Error {
    io::Error::other("the response is not HTTP/1.1")
}

/// Writes the status, the headers, and the length and the hash of the body. Also writes a short body as text.
impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            write!(f, "\n{name}: {value}")?;
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.body);
        write!(f, "\n{} bytes, {:016x}", self.body.len(), hasher.finish())?;
        match str::from_utf8(&self.body) {
            Ok(text) if (1..1000).contains(&text.len()) => write!(f, "\n{text}"),
            _ => Ok(()),
        }
    }
}
