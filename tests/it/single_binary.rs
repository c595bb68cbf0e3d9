//! Tests the builds of a program with embedded assets, and runs the program without its project directory.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use axum::Router;
use fingerpost::{Assets, Settings, Store as _, manifest::TarStore};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use tempfile::TempDir;

use crate::{
    examples::copy_of,
    static_site,
    tools::{Build, Server, build_outside, get, serve},
};

/// A copy of the example `single-binary`.
struct Project {
    dir: TempDir,
    /// The name of the package. Each test has another name, because all programs share a target directory.
    package: &'static str,
}

impl Project {
    fn new(package: &'static str) -> Self {
        let project = Self { dir: TempDir::new().expect("a temporary directory"), package };
        copy_of("single-binary", project.dir.path(), package);
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, bytes).expect("a writable file");
    }

    /// Builds the package without debug assertions, like a release build. Reuses the other crates of the debug build.
    fn try_build(&self) -> Result<Build, String> {
        let release = format!("profile.dev.package.{}.debug-assertions=false", self.package);
        build_outside(self.dir.path(), &["--config", &release])
    }

    #[track_caller]
    fn build(&self) -> Build {
        self.try_build().expect("a successful build")
    }

    /// Collects the files of the project into an output directory and a pack.
    fn collect(&self, out: &Path, pack: &str) {
        let mut settings = Settings::read(self.path("fingerpost.toml")).expect("settings");
        settings.out = Some(out.to_owned());
        collect(&CollectConfig::from_settings(settings).pack(self.path(pack))).expect("a release");
    }
}

/// Returns the asset paths in the pack of a build.
fn packed(build: &Build) -> Vec<String> {
    let pack = build.out_dir.as_ref().expect("a build script").join("fingerpost.tar");
    let manifest = TarStore::from_file(pack).read("staticfiles.json").expect("a manifest");
    let manifest = fingerpost::manifest::Manifest::parse(&manifest, "m").expect("a manifest");
    manifest.iter().map(|(path, _)| path.to_string()).collect()
}

#[test]
fn program_is_built_again_only_after_its_inputs_changed() {
    let project = Project::new("single-binary-changes");
    let changes: [(&str, &dyn Fn()); 12] = [
        ("the first build", &|| ()),
        ("an edited asset", &|| project.write("static/css/app.css", "body{color:red}")),
        ("an added asset", &|| project.write("static/js/new.js", "export {};")),
        ("an asset in a new directory", &|| project.write("static/fonts/deep/a.woff2", "font")),
        ("an asset in a nested directory", &|| project.write("static/fonts/deep/b.woff2", "font")),
        ("a renamed asset", &|| {
            fs::rename(project.path("static/js/new.js"), project.path("static/js/x.js")).expect("a file")
        }),
        ("a deleted asset", &|| fs::remove_file(project.path("static/fonts/deep/b.woff2")).expect("a file")),
        ("an empty directory", &|| fs::remove_dir_all(project.path("static/fonts")).expect("a directory")),
        ("an edited template", &|| project.write("templates/other.html", "other")),
        ("edited settings", &|| {
            project.write("dist/vite/.vite/manifest.json", r#"{"src/a.ts": {"file": "a-BRBmoGS9.js"}}"#);
            project.write("dist/vite/a-BRBmoGS9.js", "1");
            let vite = "[vite]\nout = 'dist/vite'\n";
            project.write("fingerpost.toml", format!("sources = ['static']\nignore = ['x.js']\n{vite}"))
        }),
        ("a new build of Vite", &|| {
            project.write("dist/vite/.vite/manifest.json", r#"{"src/a.ts": {"file": "a-CRBmoGS9.js"}}"#);
            fs::remove_file(project.path("dist/vite/a-BRBmoGS9.js")).expect("a file");
            project.write("dist/vite/a-CRBmoGS9.js", "2");
        }),
        ("a copied file of Vite", &|| project.write("dist/vite/robots.txt", "")),
    ];
    for (change, make) in changes {
        make();
        assert!(!project.build().is_fresh, "{change}");
        assert!(project.build().is_fresh, "the second build after {change}");
    }
    let assets = ["css/app.css", "img/favicon.svg", "img/hills-day.webp", "js/app.js", "js/units.js"];
    let vite = ["vite/a-CRBmoGS9.js", "vite/robots.txt"];
    assert_eq!(packed(&project.build()), [&assets[..], &vite].concat());
}

#[test]
fn problems_and_warnings_of_the_assets_are_shown_by_cargo() {
    let project = Project::new("single-binary-problems");
    project.write("static/css/app.css", "body{}\na{background:url(nope.png)}");
    project.write("static/b.css", "b{background:url(gone.png)}");
    let err = project.try_build().expect_err("a failed build");
    let file = |path: &str| fs::canonicalize(project.path(path)).expect("a file").display().to_string();
    for expected in [
        format!(
            "error: single-binary-problems@0.1.0: `{}`:2:18: `nope.png` points to `css/nope.png`, which does not exist",
            file("static/css/app.css")
        ),
        format!(
            "error: single-binary-problems@0.1.0: `{}`:1:18: `gone.png` points to `gone.png`, which does not exist",
            file("static/b.css")
        ),
    ] {
        assert!(err.contains(&expected), "{expected} is not in {err}");
    }
    assert!(!err.contains("panicked"), "{err}");

    project.write("fingerpost.toml", "sources = ['static']\n[collect.rules]\nmissing = 'warn'\n");
    let warnings = project.build().stderr;
    assert!(
        warnings.contains("warning: single-binary-problems@0.1.0: `")
            && warnings.contains("`gone.png` points to"),
        "{warnings}"
    );

    project.write("fingerpost.toml", "source = ['static']\n");
    let err = project.try_build().expect_err("a failed build");
    let expected = "line 1: unknown key `source`; did you mean `sources`?";
    assert!(err.contains(expected), "{err}");

    fs::remove_file(project.path("fingerpost.toml")).expect("a file");
    let err = project.try_build().expect_err("a failed build");
    assert!(err.contains("fingerpost.toml` does not exist"), "{err}");
}

#[test]
fn missing_pack_is_a_compiler_error_only_in_release_builds() {
    let project = Project::new("single-binary-packless");
    let main = fs::read_to_string(project.path("src/main.rs")).expect("a program");
    project.write("src/main.rs", main.replace("embed!()", "embed!(\"dist/static.tar\")"));
    let err = project.try_build().expect_err("a failed build");
    let path = fs::canonicalize(project.path("")).expect("a directory").join("dist/static.tar");
    assert!(err.contains(&format!("couldn't read `{}`", path.display())), "{err}");
    build_outside(&project.path(""), &[]).expect("a debug build");
}

#[tokio::test]
async fn debug_build_in_production_mode_prints_advice() {
    let project = Project::new("single-binary-debug");
    let program = build_outside(&project.path(""), &[]).expect("a debug build").program;
    let output = Command::new(program).env("FINGERPOST_MODE", "production").output().expect("a program");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        stderr.lines().next(),
        Some(
            "Error: a debug build embeds no pack; build with `--release`, or name an output directory with \
             `.collected(…)`, or set FINGERPOST_MODE=dev to read the source directories"
        )
    );
}

/// Returns a command that runs a copy of the program in an empty directory. If root runs the test on
/// Linux, the command switches to another user.
fn isolated_command(program: &Path, dir: &Path) -> Command {
    let copy = dir.join("site");
    fs::copy(program, &copy).expect("a copy");
    let mut command = Command::new(copy);
    command.current_dir(dir).env_clear().env("ADDRESS", "127.0.0.1:0");
    // `Mode::Auto` depends on the profile of the crate `fingerpost`, which has debug assertions here.
    command.env("FINGERPOST_MODE", "production");
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::{
            fs::{MetadataExt as _, PermissionsExt as _},
            process::CommandExt as _,
        };
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("a directory of this user");
        if fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            command.uid(65534).gid(65534);
        }
    }
    command
}

#[tokio::test]
async fn program_alone_passes_the_http_tests_of_the_output_directory() {
    let project = Project::new("single-binary-alone");
    let settings = fs::read_to_string(project.path("fingerpost.toml")).expect("settings");
    let large: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    project.write("static/large.bin", large);
    project.write("static/gone.txt", "only in the first release");
    project.write("static/empty.txt", "");
    project.write("static/a b/⊗.txt", "text ".repeat(100));
    project.write(&format!("static/{}/{}.css", "d".repeat(110), "n".repeat(110)), "a{color:red}".repeat(50));
    project.collect(&project.path("first"), "previous.tar");
    fs::remove_file(project.path("static/gone.txt")).expect("a file");
    project.write("static/css/app.css", "body { color: red }\n".repeat(200));
    project.write("fingerpost.toml", settings + "keep-from = 'previous.tar'\n");

    let out = TempDir::new().expect("a temporary directory");
    project.collect(out.path(), "second.tar");
    let assets = Assets::production(out.path()).expect("an output directory");
    let origin = serve(Router::new().nest_service("/static", StaticFiles::new(&assets))).await;
    static_site::check(&origin, out.path()).await;

    let dir = TempDir::new().expect("a temporary directory");
    let mut command = isolated_command(&project.build().program, dir.path());
    drop(project);
    let server = Server::start(&mut command);
    static_site::check(server.url("").as_str(), out.path()).await;
    let (status, page) = get(&server.url("/")).await;
    let page = String::from_utf8(page).expect("UTF-8");
    let style = assets.url("css/app.css").expect("an asset");
    assert!(status == 200 && page.contains(&format!("href=\"{style}\"")), "{page}");
}
