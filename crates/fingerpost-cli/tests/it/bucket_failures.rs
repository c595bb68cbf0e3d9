//! Tests of stores that refuse requests, do not respond, or cannot be reached. Each run must end in time and print a message
//! without secrets.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::site::Site;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";
const ADVICE: &str =
    "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and the policy of the bucket";

/// Starts a server that calls `respond` for each request, and returns the origin of the server.
fn server(respond: impl Fn(&mut TcpStream, &str) + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, respond) = (connection.unwrap(), respond.clone());
            thread::spawn(move || {
                while let Some((head, _)) = read_request(&connection) {
                    respond(&mut connection, &head);
                }
            });
        }
    });
    format!("http://{address}")
}

/// Reads a request. Returns the head without the final empty line, and the body.
pub(crate) fn read_request(reader: impl Read) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(reader);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).ok()?;
    Some((head, body))
}

/// Starts a server that responds with a status and an S3 error. The error contains the request with its signature, and the
/// secret.
fn failing_server(status: &'static str, code: &'static str) -> String {
    server(move |connection, head| {
        let body = format!("<Error><Code>{code}</Code><Message>{head} {SECRET}</Message></Error>");
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = connection.write_all(format!("{head}{body}").as_bytes());
    })
}

struct Failed {
    message: String,
    seconds: f64,
}

#[track_caller]
fn publish(variables: &[(&str, &str)]) -> Failed {
    let site = Site::new(&[("static/app.css", "body{}")]);
    assert_eq!(site.run(&["collect", "static", "--out", "dist"]).code, Some(0));
    let started = Instant::now();
    let args = ["publish", "s3://assets/static", "--out", "dist", "--time-limit", "2s", "--json", "-v"];
    let run = site.run_with(&args, variables.iter().copied());
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(run.code, Some(1), "{run:?}");
    let printed = format!("{}{}", run.stdout, run.stderr);
    assert!(!printed.contains(SECRET) && !printed.contains("Signature="), "{printed}");
    let message = run.stderr.strip_prefix("error: ").unwrap().trim_end().to_owned();
    Failed { message, seconds }
}

fn publish_to(origin: &str) -> Failed {
    publish(&[
        ("AWS_ENDPOINT", origin),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
    ])
}

#[test]
fn refused_credentials_are_reported_with_the_variables_to_check() {
    for (status_line, code) in [
        ("403 Forbidden", "SignatureDoesNotMatch"),
        ("403 Forbidden", "AccessDenied"),
        ("401 Unauthorized", "InvalidToken"),
        ("400 Bad Request", "ExpiredToken"),
    ] {
        let failed = publish_to(&failing_server(status_line, code));
        let expected = format!(
            "cannot read `s3://assets/static/staticfiles.json`: the store refused the credentials ({status_line}, {code}); {ADVICE}"
        );
        assert_eq!(failed.message, expected);
        assert!(failed.seconds < 2., "{}", failed.seconds);
    }
}

#[test]
fn missing_write_permission_is_reported_for_the_write() {
    let origin = server(|connection, head| {
        let (status, body) = match head.split(' ').next() {
            Some("GET") => ("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>"),
            _ => ("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"),
        };
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = connection.write_all(format!("{head}{body}").as_bytes());
    });
    let failed = publish_to(&origin);
    let start = "cannot write `s3://assets/static/.fingerpost/probe-";
    assert!(failed.message.starts_with(start), "{}", failed.message);
    let end = format!("`: the store refused the credentials (403 Forbidden, AccessDenied); {ADVICE}");
    assert!(failed.message.ends_with(&end), "{}", failed.message);
}

#[cfg(unix)]
#[test]
fn message_is_printed_although_a_variable_is_not_utf_8() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let site = Site::new(&[]);
    let variables = [
        ("AWS_ENDPOINT", OsStr::new(&origin)),
        ("AWS_ALLOW_HTTP", OsStr::new("true")),
        ("AWS_ACCESS_KEY_ID", OsStr::new("AKIAIOSFODNN7EXAMPLE")),
        ("AWS_SECRET_ACCESS_KEY", OsStr::new(SECRET)),
        ("LC_X", OsStr::from_bytes(b"\xe9")),
    ];
    let run = site.run_with(&["rollback", "--at", "s3://assets/static", "--time-limit", "2s"], variables);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("the store cannot be reached (Connection refused"), "{run:?}");
}

#[test]
fn missing_bucket_is_reported() {
    let failed = publish_to(&failing_server("404 Not Found", "NoSuchBucket"));
    assert_eq!(failed.message, "`s3://assets/static` does not exist; create the bucket, or correct the URL");
    assert!(failed.seconds < 2., "{}", failed.seconds);
}

#[test]
fn requests_to_an_overloaded_store_are_repeated_within_the_time_limit() {
    for status_line in ["503 Service Unavailable", "429 Too Many Requests"] {
        let failed = publish_to(&failing_server(status_line, "SlowDown"));
        let expected = format!(
            "cannot read `s3://assets/static/staticfiles.json`: the store is overloaded or out of order ({status_line}, SlowDown), \
             also after several attempts; try again later"
        );
        let is_late = failed.message.contains("no complete response after 2 s");
        assert!(failed.message == expected || is_late, "{}", failed.message);
        assert!(failed.seconds < 4., "{}", failed.seconds);
    }
}

#[test]
fn requests_to_hanging_and_slow_stores_time_out() {
    let expected = "cannot read `s3://assets/static/staticfiles.json`: no complete response after 2 s; check the network, or raise \
                    the time limit";
    let hanging = server(|_, _| thread::sleep(Duration::from_secs(20)));
    let slow = server(|connection, _| {
        let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nLast-Modified: Mon, 30 Nov 2026 19:37:39 GMT\r\nContent-Length: 100\r\n\r\n";
        let _ = connection.write_all(head.as_bytes());
        for _ in 0..20 {
            thread::sleep(Duration::from_millis(500));
            let _ = connection.write_all(b" ");
        }
    });
    for origin in [hanging, slow] {
        let failed = publish_to(&origin);
        assert_eq!(failed.message, expected);
        assert!((1.9..4.).contains(&failed.seconds), "{}", failed.seconds);
    }
}

#[test]
fn download_without_progress_times_out() {
    let origin = server(|connection, _| {
        let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nLast-Modified: Mon, 30 Nov 2026 19:37:39 GMT\r\nContent-Length: 50000\r\n\r\n ";
        let _ = connection.write_all(head.as_bytes());
        thread::sleep(Duration::from_secs(20));
    });
    let failed = publish_to(&origin);
    assert!(failed.message.contains("no complete response after 2 s"), "{}", failed.message);
    assert!((1.9..4.).contains(&failed.seconds), "{}", failed.seconds);
}

#[test]
fn unreachable_store_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failed = publish_to(&origin);
    let start = "cannot read `s3://assets/static/staticfiles.json`: the store cannot be reached (";
    assert!(
        failed.message.starts_with(start) && failed.message.contains("Connection refused"),
        "{}",
        failed.message
    );
    assert!(failed.seconds < 4., "{}", failed.seconds);
}

#[test]
fn missing_credentials_are_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let metadata = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failed = publish(&[("AWS_REGION", "us-east-1"), ("AWS_METADATA_ENDPOINT", &metadata)]);
    assert!(failed.message.contains("no credentials were found"), "{}", failed.message);
    assert!(failed.message.ends_with(ADVICE), "{}", failed.message);
    let failed = publish(&[("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")]);
    assert_eq!(
        failed.message,
        format!("cannot open `s3://assets/static`: no usable credentials were found; {ADVICE}")
    );
}
