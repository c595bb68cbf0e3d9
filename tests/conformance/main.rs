//! Sends the same requests to one or two sites, and prints or compares the responses.
//!
//! ```text
//! conformance SITE             prints each request with its response
//! conformance SITE REFERENCE   prints the requests with different responses, and exits with 1 if there are differences
//! ```
//!
//! A site is an origin, such as `http://127.0.0.1:3000`. The page `/urls` of the site lists the paths to request, one per
//! line. A path may be followed by a space and the value of `Available-Dictionary` for an earlier version.
//!
//! With `--bearer TOKEN`, some requests have this bearer token. The status, the headers and the bytes are compared. `Date`
//! and the headers of the connection are ignored.

mod client;
mod requests;

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use client::{Client, Response};
use requests::{Request, requests};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<ExitCode> {
    let mut arguments: Vec<_> = env::args().skip(1).collect();
    let mut bearer = String::new();
    if let Some(at) = arguments.iter().position(|argument| argument == "--bearer") {
        bearer = arguments.drain(at..).nth(1).ok_or("--bearer needs a token")?;
    }
    let mut output = io::stdout().lock();
    match &arguments[..] {
        [site] => {
            let exchanges = exchanges(site, &bearer)?;
            for (request, response) in &exchanges {
                writeln!(output, "{request}\n{response}\n")?;
            }
            writeln!(output, "{} requests", exchanges.len())?;
            Ok(ExitCode::SUCCESS)
        }
        [site, reference] => {
            let (exchanges, expected) = (exchanges(site, &bearer)?, exchanges(reference, &bearer)?);
            if exchanges.len() != expected.len() {
                return Err("the pages `/urls` differ".into());
            }
            let pairs = exchanges.iter().zip(&expected);
            let different: Vec<_> = pairs.filter(|(exchange, expected)| exchange != expected).collect();
            for ((request, response), (other, expected)) in &different {
                writeln!(output, "{request}\n--- {site}\n{response}\n--- {reference}")?;
                let request = if other == request { String::new() } else { format!("{other}\n") };
                writeln!(output, "{request}{expected}\n")?;
            }
            writeln!(output, "{} requests, {} differences", exchanges.len(), different.len())?;
            Ok(if different.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        _ => Err("usage: conformance SITE [REFERENCE] [--bearer TOKEN]".into()),
    }
}

/// Sends all requests to a site. Returns each request with its response.
fn exchanges(site: &str, bearer: &str) -> Result<Vec<(Request, Response)>> {
    let mut client = Client::new(site)?;
    let urls = client.send(&Request::get("/urls"))?;
    if urls.status != 200 {
        return Err(format!("{site}/urls: {urls}").into());
    }
    let mut exchanges = Vec::new();
    for line in String::from_utf8(urls.body)?.lines() {
        for request in requests(&mut client, line, bearer)? {
            let response = client.send(&request)?;
            exchanges.push((request, response));
        }
    }
    Ok(exchanges)
}
