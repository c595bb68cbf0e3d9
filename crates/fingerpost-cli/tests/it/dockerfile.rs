//! Builds the Dockerfile in the documentation of `fingerpost-tower` without a container engine.
//!
//! Every stage is a directory. `COPY` copies files. `RUN` runs a shell in which absolute paths are below the directory of the
//! stage. Base images are empty directories, because the shell and its tools come from the host. Instead of the two `cargo`
//! lines, the test adds the tested program, and an empty file as the site. The output directory is the same as in the README.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use fingerpost::manifest::Manifest;
use tempfile::TempDir;

use crate::site::{PROGRAM, Site};

const DOCUMENT: &str = include_str!("../../../fingerpost-tower/docs/deploying.md");
const README: &str = include_str!("../../../../README.md");
const INSTALL: &str = "cargo install --locked --path fingerpost/crates/fingerpost-cli --root /opt/fingerpost";
const BUILD: &str = "cargo build --locked --release";

/// Returns the text between `before` and `after`.
fn between(text: &'static str, before: &str, after: &str) -> &'static str {
    text.split_once(before).expect(before).1.split_once(after).expect(after).0
}

/// Returns the instructions of the Dockerfile, one per line.
fn instructions() -> Vec<(&'static str, &'static str)> {
    let lines = between(DOCUMENT, "```dockerfile\n", "```").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').expect("an instruction and its arguments")).collect()
}

#[derive(Clone)]
struct Stage {
    root: PathBuf,
    work_dir: String,
}

impl Stage {
    /// Returns the path on the host for a path of an instruction.
    fn host_path(&self, path: &str) -> PathBuf {
        let path = Path::new("/").join(&self.work_dir).join(path);
        self.root.join(path.strip_prefix("/").expect("an absolute path"))
    }

    fn shell(&self, line: &str) {
        let word = |word: &str| match word.starts_with('/') {
            true => self.host_path(word).display().to_string(),
            false => word.to_owned(),
        };
        let line: Vec<_> = line.split(' ').map(word).collect();
        let path =
            format!("{}:{}", self.host_path("/usr/local/bin").display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", &line.join(" ")]).current_dir(self.host_path("")).env("PATH", path);
        shell.env_remove("FINGERPOST_BASE_URL");
        assert_succeeds(&mut shell);
    }

    fn run(&self, line: &str) {
        match line {
            INSTALL => {
                assert!(self.host_path("fingerpost/crates/fingerpost-cli").is_dir());
                fs::create_dir_all(self.host_path("/opt/fingerpost/bin")).unwrap();
                symlink(PROGRAM, self.host_path("/opt/fingerpost/bin/fingerpost")).unwrap();
            }
            BUILD => {
                fs::create_dir_all(self.host_path("target/release")).unwrap();
                fs::write(self.host_path("target/release/my-site"), "").unwrap();
            }
            line => self.shell(line),
        }
    }

    /// Copies a file, or the content of a directory. If `to` ends with a slash, a file is copied into the directory `to`.
    fn copy(&self, from: &Path, to: &str) {
        let target = self.host_path(to);
        if from.is_dir() {
            fs::create_dir_all(&target).unwrap();
            return assert_succeeds(Command::new("cp").arg("-a").arg(from.join(".")).arg(target));
        }
        let dir = if to.ends_with('/') { &target } else { target.parent().unwrap() };
        fs::create_dir_all(dir).unwrap();
        assert_succeeds(Command::new("cp").arg("-a").arg(from).arg(target));
    }
}

#[track_caller]
fn assert_succeeds(command: &mut Command) {
    let output = command.output().expect("the program is installed");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Builds the image from a context and an optional previous image, and returns the root directory of the new image.
fn build(context: &Path, previous: Option<&Path>, images: &TempDir) -> PathBuf {
    let build = tempfile::tempdir_in(images.path()).unwrap().keep();
    let (mut arguments, mut stages) = (HashMap::new(), Vec::<(String, Stage)>::new());
    for (instruction, rest) in instructions() {
        let words: Vec<_> = rest.split_whitespace().collect();
        match (instruction, &words[..]) {
            ("ARG", [argument]) => {
                let (name, default) = argument.split_once('=').unwrap();
                assert_eq!(name, "PREVIOUS");
                arguments.insert(
                    format!("${{{name}}}"),
                    previous.map_or(default, |_| "previous image").to_owned(),
                );
            }
            ("FROM", [base, name @ ..]) => {
                let base = arguments.get(*base).map_or(*base, String::as_str);
                let root = build.join(stages.len().to_string());
                fs::create_dir(&root).unwrap();
                let stage = Stage { root, work_dir: "/".to_owned() };
                let known = stages.iter().find(|(name, _)| name == base).map(|(_, stage)| &*stage.root);
                if let Some(root) = known.or(previous.filter(|_| base == "previous image")) {
                    stage.copy(root, "/");
                }
                stages.push((name.last().copied().unwrap_or_default().to_owned(), stage));
            }
            ("WORKDIR", [dir]) => {
                let stage = &mut stages.last_mut().unwrap().1;
                (*dir).clone_into(&mut stage.work_dir);
                fs::create_dir_all(stage.host_path("")).unwrap();
            }
            ("COPY", [from, source, to]) => {
                let name = from.strip_prefix("--from=").unwrap();
                let from = stages.iter().find(|(stage, _)| stage == name).expect(name);
                let source = from.1.host_path(source);
                stages.last().unwrap().1.copy(&source, to);
            }
            ("COPY", [source, to]) => stages.last().unwrap().1.copy(&context.join(source), to),
            ("RUN", _) => stages.last().unwrap().1.run(rest),
            ("ENV", _) => {
                let variable = rest.split_once('=').unwrap().0;
                assert!(README.contains(&format!("env::var(\"{variable}\")")), "{variable}");
            }
            ("EXPOSE" | "CMD", _) => {}
            other => panic!("this test does not support {other:?}"),
        }
    }
    stages.pop().unwrap().1.root
}

/// Returns the output directory of an image, at the path that the program in the README reads.
fn output_dir(image: &Path) -> PathBuf {
    image.join("srv/site").join(between(README, ".collected(\"", "\")"))
}

/// Returns the bytes of the served files of an image, by file name.
fn served_files(image: &Path) -> HashMap<String, Vec<u8>> {
    let files = fs::read_dir(output_dir(image)).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.is_file() && !file.ends_with("staticfiles.json"));
    files
        .map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&file).unwrap()))
        .collect()
}

#[track_caller]
fn assert_has_files_of(image: &Path, earlier: &Path) {
    let (here, there) = (served_files(image), served_files(earlier));
    assert!(there.iter().all(|(name, bytes)| here.get(name) == Some(bytes)), "{:?}", here.keys());
}

/// Creates a site with all files that the Dockerfile copies.
fn site() -> Site {
    Site::new(&[
        ("fingerpost.toml", between(DOCUMENT, "```toml\n", "```")),
        ("static/app.css", &css("red")),
        ("templates/page.html", "<h1>One</h1>"),
        ("vendor/fingerpost/crates/fingerpost-cli/Cargo.toml", ""),
    ])
}

fn css(color: &str) -> String {
    format!("a {{ color: {color} }}\n").repeat(100)
}

#[test]
fn image_contains_the_files_of_the_previous_image() {
    let site = site();
    let images = tempfile::tempdir().unwrap();
    let first = build(&site.path(""), None, &images);
    assert!(first.join("srv/site/my-site").is_file());
    let names = |image: &Path| {
        let mut names: Vec<_> =
            served_files(image).into_keys().map(|name| name.rsplit_once('.').unwrap().1.to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&first), ["br", "css", "gz"]);

    site.write("static/app.css", css("blue"));
    let second = build(&site.path(""), Some(&first), &images);
    assert_eq!(names(&second), ["br", "br", "css", "css", "gz", "gz"]);
    assert_has_files_of(&second, &first);

    // The third image has the sources of the first image, and the second image as the previous image.
    site.write("static/app.css", css("red"));
    let third = build(&site.path(""), Some(&second), &images);
    assert_has_files_of(&third, &second);
    let manifest = |image: &Path| fs::read(output_dir(image).join("staticfiles.json")).unwrap();
    assert_eq!(manifest(&third), manifest(&first));
    assert!(output_dir(&third).join(".fingerpost/releases/3.json").is_file());

    // An image without changes has the same files as the previous image.
    assert_eq!(served_files(&build(&site.path(""), Some(&third), &images)), served_files(&third));
}

#[test]
fn deploy_with_only_a_template_edit_changes_the_app_version() {
    let site = site();
    let images = tempfile::tempdir().unwrap();
    let version = |image: &Path| {
        let mut command = site.command(PROGRAM);
        let output = command.arg("version").current_dir(image.join("srv/site")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let first = build(&site.path(""), None, &images);
    let manifest = fs::read(output_dir(&first).join("staticfiles.json")).unwrap();
    assert_eq!(Manifest::parse(&manifest, "").unwrap().components()["templates"].files, 1);

    site.write("templates/page.html", "<h1>Two</h1>");
    let second = build(&site.path(""), Some(&first), &images);
    assert_eq!(served_files(&second), served_files(&first));
    assert_ne!(version(&second), version(&first));

    // Without an edit, the version stays the same.
    assert_eq!(version(&build(&site.path(""), Some(&second), &images)), version(&second));
}
