//! Starts one nginx process per test.

use std::{fs, net::TcpListener, path::Path, process::Command};

use tempfile::TempDir;

use super::{Tool, need, process::Process, program, without};

/// The start of every configuration. nginx runs as a single process, so that a killed nginx leaves no workers behind.
const MAIN: &str = "daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {}
";

/// The start of every `http` block. With these settings, nginx writes only below the prefix.
const HTTP: &str = "access_log off;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
include /etc/nginx/mime.types;
";

/// A running nginx on a free port, with its own directory. Killed on drop.
#[derive(Debug)]
pub(crate) struct Nginx {
    _process: Process,
    origin: String,
    prefix: TempDir,
}

impl Nginx {
    /// Starts nginx with this content of `http { … }`. `listen 80;` is replaced with a free local port.
    #[track_caller]
    pub(crate) fn start(http: &str) -> Option<Self> {
        let nginx = need(Tool::Nginx, &without(), || program(&["nginx"]))?;
        // Another program may take the port before nginx binds it.
        let started = (0..3).find_map(|_| Self::try_start(&nginx, http).ok());
        Some(started.unwrap_or_else(|| panic!("{}", Self::try_start(&nginx, http).expect_err("no nginx"))))
    }

    /// Starts nginx once. Returns the messages of nginx if the start fails.
    fn try_start(nginx: &Path, http: &str) -> Result<Self, String> {
        let prefix = TempDir::new().expect("a temporary directory");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let http = http.replace("listen 80;", &format!("listen {address};"));
        let config = prefix.path().join("nginx.conf");
        fs::write(&config, format!("{MAIN}http {{\n{HTTP}{http}}}\n")).expect("a writable file");

        let stderr = fs::File::create(prefix.path().join("stderr")).expect("a writable file");
        let mut command = Command::new(nginx);
        command.arg("-p").arg(prefix.path()).arg("-c").arg(&config).stderr(stderr);
        // nginx writes its PID after it has started to listen.
        let pid = prefix.path().join("nginx.pid");
        match Process::start_until(&mut command, || fs::metadata(&pid).is_ok_and(|pid| pid.len() > 0)) {
            Some(process) => Ok(Self { _process: process, origin: format!("http://{address}"), prefix }),
            None => Err(["stderr", "error.log"]
                .map(|log| fs::read_to_string(prefix.path().join(log)).unwrap_or_default())
                .join("\n")),
        }
    }

    /// Returns the absolute URL of a path with a leading `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Returns the error log.
    pub(crate) fn errors(&self) -> String {
        fs::read_to_string(self.prefix.path().join("error.log")).expect("a log")
    }
}
