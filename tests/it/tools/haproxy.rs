//! Starts one HAProxy process per test.

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
    /// Starts HAProxy with this configuration. `bind :80` is replaced with a free local port.
    #[track_caller]
    pub(crate) fn start(config: &str) -> Option<Self> {
        let haproxy = need(Tool::Haproxy, &without(), || program(&["haproxy"]))?;
        // Another program may take the port before HAProxy binds it.
        let started = (0..3).find_map(|_| Self::try_start(&haproxy, config).ok());
        Some(
            started
                .unwrap_or_else(|| panic!("{}", Self::try_start(&haproxy, config).expect_err("no HAProxy"))),
        )
    }

    /// Starts HAProxy once. Returns the messages of HAProxy if the start fails or the configuration causes warnings.
    fn try_start(haproxy: &Path, config: &str) -> Result<Self, String> {
        let folder = TempDir::new().expect("a temporary directory");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, config.replace("bind :80\n", &format!("bind {address}\n")))
            .expect("a writable file");

        let stderr = folder.path().join("stderr");
        let mut command = Command::new(haproxy);
        // `-db` selects the foreground, and `-dW` treats warnings as errors.
        command.args(["-db", "-dW", "-f"]).arg(&file);
        command.stderr(fs::File::create(&stderr).expect("a writable file"));
        match Process::start_until(&mut command, || TcpStream::connect(address).is_ok()) {
            Some(process) => Ok(Self { _process: process, origin: format!("http://{address}") }),
            None => Err(fs::read_to_string(stderr).unwrap_or_default()),
        }
    }

    /// Returns the absolute URL of a path with a leading `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}
