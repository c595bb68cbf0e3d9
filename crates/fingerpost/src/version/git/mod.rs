//! The commit that a site was built from: from a deploy variable, the `.git` directory, or `git` itself.

mod commit;
mod command;
mod repository;

use std::path::PathBuf;

use crate::{
    environment,
    quote::{quoted, quoted_path},
};

/// Deploy variables with the commit, the most specific first.
pub(crate) const VARIABLES: &[&str] = &[
    "RAILWAY_GIT_COMMIT_SHA",
    "RENDER_GIT_COMMIT",
    "HEROKU_BUILD_COMMIT",
    "HEROKU_SLUG_COMMIT",
    "SOURCE_VERSION",
    "VERCEL_GIT_COMMIT_SHA",
    "CF_PAGES_COMMIT_SHA",
    "WORKERS_CI_COMMIT_SHA",
    "COMMIT_REF",
    "KOYEB_GIT_SHA",
    "ZEABUR_GIT_COMMIT_SHA",
    "SOURCE_COMMIT",
    "AWS_COMMIT_ID",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BITBUCKET_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "BUILD_SOURCEVERSION",
    "GIT_COMMIT",
    "GIT_REV",
];

/// Returns the first digits of the commit, from a variable or the first of `dirs` that is in a repository.
pub(crate) fn version(dirs: &[PathBuf]) -> Option<String> {
    variable().or_else(|| head(dirs))
}

fn variable() -> Option<String> {
    VARIABLES.iter().find_map(|name| {
        let value = environment::variable(name)?;
        let commit = commit::short(&value);
        if commit.is_none() {
            tracing::warn!("{name} is {}, which is not a commit; it is ignored", quoted(&value));
        }
        commit
    })
}

fn head(dirs: &[PathBuf]) -> Option<String> {
    let root = repository::find_root(dirs)?;
    let commit = repository::head(&root).or_else(|| command::head(&root));
    if commit.is_none() {
        tracing::warn!(
            "no commit can be read from {}; the app version is `dev`",
            quoted_path(root.join(".git"))
        );
    }
    commit
}
