//! Tests of the commands and the output in the README files.

use crate::{
    diagnostics::{COLLECT, stderr_of_failure},
    releases::site_with_three_releases,
    site::Site,
};

/// Returns the output in the README for a command.
#[track_caller]
fn readme_block(command: &str) -> &'static str {
    let readme = include_str!("../../README.md");
    let start = format!("```text\n$ {command}\n");
    readme.split_once(&start).expect(command).1.split_once("```").unwrap().0
}

#[test]
fn readme_shows_the_actual_output() {
    let site = Site::new(&[
        ("static/css/app.css", "body {\n  background: url(../img/lgoo.png);\n}\n"),
        ("static/img/logo.png", "x"),
        ("static/js/app.js", "import './util'\n"),
        ("static/js/util.js", ""),
    ]);
    let stderr = stderr_of_failure(&site, &["collect", "static", "--out", "dist/static"]);
    assert_eq!(
        stderr.replace("SITE", "/srv/site"),
        readme_block("fingerpost collect static --out dist/static")
    );

    let site = Site::new(&[
        ("static/css/app.css", "@import 'theme.css';\na { b: url(../img/logo.png) }"),
        ("static/css/theme.css", ""),
        ("static/css/print.css", "@import 'app.css';"),
        ("static/index.html", "<link href='css/app.css'>"),
        ("static/img/logo.png", ""),
    ]);
    let output = site.run(&["find", "css/app.css", "static"]);
    let stdout = output.stdout.replace(site.path("static").to_str().unwrap(), "/srv/site/static");
    assert_eq!(stdout, readme_block("fingerpost find css/app.css static"));

    let site = Site::new(&[("static/a.css", "a{b:url(x.png)}")]);
    let output = site.run(&[&COLLECT[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(
        &output.stdout.replace(site.path("static").to_str().unwrap(), "/srv/site/static"),
    )
    .unwrap();
    let shown =
        include_str!("../../README.md").split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    assert_eq!(json, serde_json::from_str::<serde_json::Value>(shown).unwrap());
}

#[test]
fn readme_shows_the_actual_output_of_releases_and_rollback() {
    let site = site_with_three_releases("dist/static");
    site.write("fingerpost.toml", "out = \"dist/static\"");
    let shown = |args: &[&str]| {
        let output = site.run(args);
        let text = output.stdout.clone() + &site.redacted(&output).replace("SITE", "/srv/site");
        let text =
            text.rsplit_once(" files, ").map_or(text.clone(), |(text, _)| format!("{text} files, 0.01 s\n"));
        format!("$ fingerpost {}\n{text}", args.join(" "))
    };
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("```text\n{}```\n", shown(&["releases"]))));
    let rollbacks = [&["rollback"][..], &["rollback"], &["rollback", "999"]].map(shown);
    let (_, block) = readme.split_once("```text\n$ fingerpost rollback\n").unwrap();
    assert_eq!(
        rollbacks.join("\n"),
        format!("$ fingerpost rollback\n{}", block.split_once("```").unwrap().0)
    );
}

#[test]
fn deploy_commands_of_the_root_readme_succeed() {
    let (_, deploy) = include_str!("../../../../README.md").split_once("\n## Deploy\n").unwrap();
    let (_, commands) = deploy.split_once("```sh\n").unwrap();
    let (commands, _) = commands.split_once("```").unwrap();
    let site = Site::new(&[("static/css/app.css", "a{}")]);
    let mut ran = Vec::new();
    for command in commands.lines().filter_map(|line| line.strip_prefix("fingerpost ")) {
        let args: Vec<_> = command.split('#').next().unwrap().split_whitespace().collect();
        let output = site.run(&args);
        assert_eq!(output.code, Some(0), "{command}: {}", output.stderr);
        ran.push(args[0]);
    }
    assert_eq!(ran, ["collect", "clean"]);
}

#[test]
fn readme_shows_the_output_of_check() {
    let site = Site::new(&[
        ("static/css/app.css", ""),
        ("templates/base.html", "<link rel=\"stylesheet\" href=\"{{ static('css/ap.css') }}\">\n"),
        ("fingerpost.toml", "sources = [\"static\"]\n"),
    ]);
    let stderr = site.redacted(&site.run(&["check"])).replace("SITE", "/srv/site");
    assert_eq!(stderr, readme_block("fingerpost check"));
}
