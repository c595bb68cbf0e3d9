//! Child processes that end with the test.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running program, killed on drop.
#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    /// Starts a program and waits for the first line of its standard output that `find` accepts.
    #[track_caller]
    pub(super) fn start<T>(command: &mut Command, find: impl Fn(&str) -> Option<T>) -> (Self, T) {
        Self::try_start(command, find).unwrap_or_else(|output| {
            panic!("{command:?} did not report its address; its output is {output:?}")
        })
    }

    /// Like [`start`](Self::start), but returns the output of the program if the line does not occur.
    pub(super) fn try_start<T>(
        command: &mut Command,
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<(Self, T), Vec<String>> {
        let mut process =
            Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a program that starts"));
        let output = BufReader::new(process.0.stdout.take().expect("a piped output"));
        let (sender, lines) = mpsc::channel();
        // Reads to the end even after the receiver is dropped, because a full pipe would block the program.
        thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));

        let mut output_lines = Vec::new();
        while let Ok(line) = lines.recv_timeout(START_TIMEOUT) {
            if let Some(found) = find(&line) {
                return Ok((process, found));
            }
            output_lines.push(line);
        }
        Err(output_lines)
    }

    /// Starts a program and waits until it is ready. Returns `None` if the program exits first.
    #[track_caller]
    pub(super) fn start_until(command: &mut Command, is_ready: impl Fn() -> bool) -> Option<Self> {
        let mut process = Self(command.stdin(Stdio::null()).spawn().expect("a program that starts"));
        let start = Instant::now();
        while !is_ready() {
            if matches!(process.0.try_wait(), Ok(Some(_))) {
                return None;
            }
            assert!(start.elapsed() < START_TIMEOUT, "{command:?} did not become ready");
            thread::sleep(Duration::from_millis(5));
        }
        Some(process)
    }

    /// Waits until the program has exited by itself. Returns `false` if the program still runs after five seconds.
    pub(super) fn wait_for_exit(&mut self) -> bool {
        (0..100).any(|_| {
            thread::sleep(Duration::from_millis(50));
            matches!(self.0.try_wait(), Ok(Some(_)))
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // `kill` and `wait` fail only if the program has already exited.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A site in a child process.
#[derive(Debug)]
pub(crate) struct Server {
    _process: Process,
    origin: String,
}

impl Server {
    /// Builds this example and starts it on a free port.
    #[track_caller]
    pub(crate) fn example(name: &str) -> Self {
        Self::start(&mut Self::example_command(name))
    }

    /// Builds this example, and returns the command that starts the example on a free port. A test can change the
    /// environment of the command.
    #[track_caller]
    pub(crate) fn example_command(name: &str) -> Command {
        let mut command = Command::new(built(name, name));
        command.env("ADDRESS", "127.0.0.1:0").current_dir(root()).env_remove("FINGERPOST_APP_VERSION");
        command
    }

    /// Starts a program that prints its address, such as `http://127.0.0.1:3000`, on standard output.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let (process, origin) = Process::start(command, |line| {
            let url = &line[line.find("http://")?..];
            Some(url.split_whitespace().next()?.trim_end_matches('/').to_owned())
        });
        Self { _process: process, origin }
    }

    /// Returns the absolute URL of a path with a leading `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace")
}

/// Builds a package of the workspace, unless `tests/run` has built all packages. Returns the program with this name.
#[track_caller]
pub(crate) fn built(package: &str, program: &str) -> PathBuf {
    match env::var_os("FINGERPOST_TEST_PROGRAMS") {
        Some(programs) => Path::new(&programs).join(program).with_extension(env::consts::EXE_EXTENSION),
        None => built_in(root(), &["--locked", "--package", package]),
    }
}

/// The result of `cargo build`.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) program: PathBuf,
    /// `true` if the program was not compiled again.
    pub(crate) is_fresh: bool,
    /// The output directory of the build script.
    pub(crate) out_dir: Option<PathBuf>,
    pub(crate) stderr: String,
}

/// Builds the project in a directory, with additional arguments for `cargo build`. Fails with the messages of Cargo.
fn build_in(dir: &Path, arguments: &[&str]) -> Result<Build, String> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--message-format", "json-render-diagnostics"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("cargo");
    let stderr = String::from_utf8_lossy(&built.stderr).into_owned();
    if !built.status.success() {
        return Err(stderr);
    }
    let messages = String::from_utf8(built.stdout).expect("UTF-8 from cargo");
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let messages: Vec<_> = messages.collect();
    let program = messages.iter().find(|message| message["executable"].is_string());
    let program = program.expect("a message that names the program");
    let is_script = |message: &&serde_json::Value| {
        message["reason"] == "build-script-executed" && message["package_id"] == program["package_id"]
    };
    let script = messages.iter().find(is_script);
    Ok(Build {
        program: program["executable"].as_str().map(PathBuf::from).expect("a path"),
        is_fresh: program["fresh"] == true,
        out_dir: script.and_then(|script| script["out_dir"].as_str()).map(PathBuf::from),
        stderr,
    })
}

/// Builds the project in a directory, with additional arguments for `cargo build`. Returns the program.
#[track_caller]
fn built_in(dir: &Path, arguments: &[&str]) -> PathBuf {
    build_in(dir, arguments).unwrap_or_else(|err| panic!("cargo build {arguments:?} failed: {err}")).program
}

/// Builds a project outside the repository and returns its program. Uses the target directory and the profile of the
/// workspace, to share compiled crates.
#[track_caller]
pub(crate) fn built_outside(project: &Path) -> PathBuf {
    build_outside(project, &[]).expect("a successful build").program
}

/// Builds a project outside the repository, with additional arguments for `cargo build`. Fails with the messages of
/// Cargo.
pub(crate) fn build_outside(project: &Path, more: &[&str]) -> Result<Build, String> {
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().and_then(Path::to_str).expect("a UTF-8 path");
    // The profile of the workspace, without which no crate would be shared.
    let profile = [
        "profile.dev.debug='line-tables-only'",
        "profile.dev.package.'*'.debug=false",
        "profile.dev.package.sha2.opt-level=3",
    ];
    let profile = profile.map(|value| ["--config", value]).concat();
    build_in(project, &[&["--offline", "--target-dir", target], &*profile, more].concat())
}
