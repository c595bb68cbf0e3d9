//! A HAProxy of the test's own.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
};

use tempfile::TempDir;

use super::{Tool, need, process::Process, program, without};

/// A running HAProxy on a free port. Killed on drop.
#[derive(Debug)]
pub(crate) struct Haproxy {
    _process: Process,
    origin: String,
}

impl Haproxy {
    /// Starts it with this configuration; `bind :80` becomes a free port of this host alone.
    #[track_caller]
    pub(crate) fn start(config: &str) -> Option<Self> {
        let haproxy = need(Tool::Haproxy, &without(), || program(&["haproxy"]))?;
        // Another program may take a port between its choice and its use.
        let started = (0..3).find_map(|_| Self::try_start(&haproxy, config).ok());
        Some(
            started
                .unwrap_or_else(|| panic!("{}", Self::try_start(&haproxy, config).expect_err("no HAProxy"))),
        )
    }

    /// What HAProxy says if it does not start, or complains of the configuration.
    fn try_start(haproxy: &Path, config: &str) -> Result<Self, String> {
        let folder = TempDir::new().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, config.replace("bind :80\n", &format!("bind {address}\n")))
            .expect("a writable file");

        let said = folder.path().join("stderr");
        let mut command = Command::new(haproxy);
        // In the foreground, and a warning is an error.
        command.args(["-db", "-dW", "-f"]).arg(&file);
        command.stderr(fs::File::create(&said).expect("a writable file"));
        match Process::start_until(&mut command, || TcpStream::connect(address).is_ok()) {
            Some(process) => Ok(Self { _process: process, origin: format!("http://{address}") }),
            None => Err(fs::read_to_string(said).unwrap_or_default()),
        }
    }

    /// Returns the absolute URL of a path that begins with `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}
