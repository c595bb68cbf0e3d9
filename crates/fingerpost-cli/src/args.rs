//! The command line. `--help` prints the doc comments of this file.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{
    ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
    error::ErrorKind,
};
use fingerpost::{
    __private::parse_duration,
    BaseUrl, Settings,
    sources::{IgnoreRules, SourceDir},
};
use fingerpost_check::CheckConfig;
use fingerpost_collect::{CleanConfig, CollectConfig, Compression, RollbackConfig, Rule, Severity};

/// The default settings file.
const SETTINGS_FILE: &str = "fingerpost.toml";

/// Turns every static('css/app.css') of a server-rendered site into a URL that changes with the content of the file.
#[derive(Parser, Debug)]
#[command(name = "fingerpost", version, after_help = EXAMPLES, subcommand_required = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Read settings from this file [default: fingerpost.toml, if it exists]
    #[arg(long, global = true, help_heading = "Global options", value_name = "FILE")]
    config: Option<PathBuf>,

    /// List ignored, shadowed and removed files, and imports that cannot be resolved
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) verbose: bool,

    /// When to use colors; `auto` respects NO_COLOR
    #[arg(long, global = true, help_heading = "Global options", value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

const EXAMPLES: &str = "\
Examples:
  fingerpost collect static --out dist/static
  fingerpost collect static vendor=node_modules/htmx.org/dist --out dist/static
  fingerpost clean --dry-run -v
  fingerpost releases
  fingerpost rollback
  fingerpost publish s3://assets.example.com/static
  fingerpost list --json
  fingerpost find css/app.css
  fingerpost check
  fingerpost version --json
  fingerpost bust-token

Exit codes: 0 done, 1 failed, 2 wrong usage.
Precedence: flags, then environment (FINGERPOST_APP_VERSION, FINGERPOST_BASE_URL, FINGERPOST_SECRET), then the settings
file.";

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Write the assets of the source directories to the output directory, under hashed names
    Collect(CollectArgs),
    /// Remove old releases from the output directory, and the files that only these releases use
    Clean(CleanArgs),
    /// List the releases of the output directory
    Releases(ReleasesArgs),
    /// Publish an earlier release again, without its sources
    Rollback(RollbackArgs),
    /// Publish the current release of the output directory to a bucket of S3, Google Cloud Storage or Azure
    Publish(PublishArgs),
    /// Print all collected assets, with their URLs, sizes and integrity values
    List(ListArgs),
    /// Print the source file of an asset, its URLs and its references
    Find(FindArgs),
    /// Report asset names in templates and Rust files that do not exist
    Check(CheckArgs),
    /// Print the app version and its source
    Version(VersionArgs),
    /// Print the bearer token of POST /cache/bust
    BustToken(BustTokenArgs),
}

/// The source directories, the output directory, and the files to ignore.
#[derive(clap::Args, Debug)]
pub(crate) struct SiteArgs {
    /// Directories of assets, in order of precedence; PREFIX=DIR prepends PREFIX/ to the asset paths
    #[arg(value_name = "SOURCE")]
    sources: Vec<SourceDir>,

    /// The output directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// The base URL of all assets: a path, or a URL with scheme and host [default: /static/]
    #[arg(long, value_name = "URL", value_parser = parse_base_url)]
    base_url: Option<String>,

    /// Files to ignore, in addition to the globs of the settings file; may be repeated
    #[arg(long, value_name = "GLOB", value_parser = parse_glob)]
    ignore: Vec<String>,

    /// Include files whose names start with a dot
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    hidden: Option<bool>,

    /// Follow symlinks that point outside of their source directory
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    follow_symlinks: Option<bool>,
}

/// Options of the commands that change the output directory.
#[derive(clap::Args, Debug)]
pub(crate) struct RunArgs {
    /// Fail if another run holds the lock, instead of waiting
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// Report the changes without making them
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print the report as JSON, or the errors and warnings of a failed run
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args, Debug)]
#[command(after_help = COLLECT_EXAMPLES)]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub(crate) site: SiteArgs,

    /// Write the assets under their plain names too, for a server that does not read the manifest
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    originals: Option<bool>,

    /// Encodings of compressed variants, such as gzip,br:11,zstd; dcz makes deltas from earlier versions; `none` disables
    /// compression. Default levels: gzip:9, br:9, zstd:15, dcz:19. Source maps are compressed only with gzip
    #[arg(long, value_name = "LIST", value_parser = parse_compression)]
    compress: Option<CompressionList>,

    /// Number of earlier versions of a file from which dcz makes deltas [default: 3]
    #[arg(long, value_name = "N")]
    delta_versions: Option<usize>,

    /// Copy the releases and files of an earlier output directory or pack, such as the output directory in the previous
    /// image, or of a bucket such as s3://BUCKET/PREFIX; an empty directory or bucket is accepted
    #[arg(long, value_name = "DIR|PACK|URL")]
    keep_from: Option<PathBuf>,

    /// Also write the output directory to this file, as one tar file that a program can embed
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,

    /// Sync every file to disk, not only the release and the manifest
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    fsync: Option<bool>,

    /// Severity of files hidden by a file of an earlier source directory [default: ignore]
    #[arg(long, value_name = "LEVEL", value_parser = severity_parser())]
    shadowed: Option<Severity>,

    /// Severity of broken references [default: error; warn for source maps]
    #[arg(long, value_name = "LEVEL", value_parser = severity_parser())]
    missing: Option<Severity>,

    /// Read every published file, even with unchanged length, times and inode, and repair damaged files; damaged files of
    /// earlier releases are copied from --keep-from, or reported
    #[arg(long)]
    pub(crate) verify: bool,

    /// First check the asset names in templates and Rust files, as `fingerpost check` does; publish nothing if a name is wrong
    #[arg(long)]
    pub(crate) check: bool,

    #[command(flatten)]
    pub(crate) run: RunArgs,
}

const COLLECT_EXAMPLES: &str = "\
Examples:
  fingerpost collect static --out dist/static
  fingerpost collect --compress gzip,br:11,dcz
  fingerpost collect --keep-from /previous/static
  fingerpost collect --keep-from previous.tar --pack dist/static.tar
  fingerpost collect --verify
  fingerpost collect --dry-run -v

Rules in the table [collect.rules], with the severity error, warn or ignore; --missing sets the first three:
  missing = \"error\"       a reference to a file that does not exist
  missing-map = \"warn\"    a source map comment that refers to a file that does not exist
  leaves-base = \"error\"   a relative reference that leaves the base URL
  outside-base = \"warn\"   an absolute reference outside of the base URL to a file of a source directory
  syntax = \"warn\"         a script that cannot be parsed; its references are not rewritten
  unsupported = \"error\"   a reference that this build cannot rewrite
  bare = \"ignore\"         a bare specifier that is not in the import map; warn with [importmap]
  shadowed = \"ignore\"     a file hidden by the same path in an earlier source directory
  \"vendor/**\".missing = \"ignore\"    a severity for some files; overrides the flags, and the severity for all files";

#[derive(clap::Args, Debug)]
#[command(after_help = CLEAN_HELP)]
pub(crate) struct CleanArgs {
    /// The output directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) at: AtArgs,

    #[command(flatten)]
    pub(crate) bucket: BucketArgs,

    /// Number of newest releases to retain, regardless of age [default: 3]
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<usize>,

    /// Minimum time between the replacement and the removal of a release: 7d, 12h, 30m, or 0 [default: 7d]
    #[arg(long, value_name = "AGE", value_parser = parse_duration)]
    pub(crate) older_than: Option<Duration>,

    #[command(flatten)]
    pub(crate) run: RunArgs,
}

const CLEAN_HELP: &str = "\
Files in staticfiles.json, and files that were never in a release, are not removed.

Examples:
  fingerpost clean --out dist/static
  fingerpost clean --keep 1 --older-than 0
  fingerpost clean --dry-run -v";

#[derive(clap::Args, Debug)]
#[command(after_help = RELEASES_HELP)]
pub(crate) struct ReleasesArgs {
    /// The output directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) at: AtArgs,

    /// Print the releases as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const RELEASES_HELP: &str = "\
The last column compares two downloads: a visitor with the files of the replaced release downloads the new files, and a
new visitor downloads all files. The smallest variant of each file is counted.

Examples:
  fingerpost releases --out dist/static
  fingerpost releases --json";

#[derive(clap::Args, Debug)]
#[command(after_help = ROLLBACK_HELP)]
pub(crate) struct RollbackArgs {
    /// Number of the release to publish again [default: the release that the current release replaced]
    #[arg(value_name = "NUMBER")]
    pub(crate) number: Option<u64>,

    /// The output directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) at: AtArgs,

    #[command(flatten)]
    pub(crate) bucket: BucketArgs,

    /// Write the assets under their plain names too [default: true if the current release has plain names]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    originals: Option<bool>,

    #[command(flatten)]
    pub(crate) run: RunArgs,
}

const ROLLBACK_HELP: &str = "\
The release gets a new number. A second rollback undoes the first. Running servers use the new release after a
restart or a reload. The next `fingerpost collect` publishes the sources again.

Examples:
  fingerpost rollback --out dist/static
  fingerpost rollback 3
  fingerpost rollback --dry-run";

/// The bucket of a command that otherwise uses the output directory.
#[derive(clap::Args, Debug)]
pub(crate) struct AtArgs {
    /// Use a bucket instead of the output directory, such as s3://BUCKET/PREFIX; needs the feature `store`
    #[arg(long, value_name = "URL", conflicts_with = "out")]
    pub(crate) at: Option<String>,
}

/// Options of the commands that change a bucket. The defaults are in the table `[publish]` of the settings file.
#[derive(clap::Args, Debug)]
#[cfg_attr(not(feature = "store"), allow(dead_code, reason = "only `bucket.rs` reads the options"))]
pub(crate) struct BucketArgs {
    /// Write to a store that ignores conditions on writes, without a lock; no other run may write at the same time
    #[arg(long)]
    pub(crate) single_writer: bool,

    /// Time limit of a request to the bucket: 30s, 2m [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) time_limit: Option<Duration>,

    /// Time after which the lock of a killed run expires [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) lease: Option<Duration>,
}

impl BucketArgs {
    /// Returns `true` if an option is set.
    pub(crate) fn is_set(&self) -> bool {
        self.single_writer || self.time_limit.is_some() || self.lease.is_some()
    }
}

#[derive(clap::Args, Debug)]
#[command(after_help = PUBLISH_HELP)]
#[cfg_attr(not(feature = "store"), allow(dead_code, reason = "only `bucket.rs` reads the options"))]
pub(crate) struct PublishArgs {
    /// The bucket: s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///DIR [default: `to` in the
    /// settings file]
    #[arg(value_name = "URL")]
    pub(crate) to: Option<String>,

    /// The output directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) bucket: BucketArgs,

    #[command(flatten)]
    pub(crate) run: RunArgs,
}

const PUBLISH_HELP: &str = "\
The files that the bucket lacks are uploaded first, the manifest last. Credentials come from the environment: AWS_*,
GOOGLE_* or AZURE_* variables. They cannot be passed as arguments, because every user of a machine can read arguments in
the list of processes.

Examples:
  fingerpost publish s3://assets.example.com/static
  fingerpost publish --dry-run
  fingerpost releases --at s3://assets.example.com/static
  fingerpost rollback --at s3://assets.example.com/static
  fingerpost clean --at s3://assets.example.com/static";

#[derive(clap::Args, Debug)]
#[command(after_help = LIST_HELP)]
pub(crate) struct ListArgs {
    /// The output directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) at: AtArgs,

    /// The base URL of all assets: a path, or a URL with scheme and host [default: /static/]
    #[arg(long, value_name = "URL", value_parser = parse_base_url)]
    base_url: Option<String>,

    /// Print the assets as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Print the hashed URLs as the precache manifest of a Workbox service worker
    #[arg(long, conflicts_with = "json")]
    pub(crate) workbox: bool,
}

const LIST_HELP: &str = "\
Workbox loads every URL of a precache manifest at the first visit, so remove the files that few visitors need.

Examples:
  fingerpost list --out dist/static
  fingerpost list --json | jq -r '.[] | select(.size > 100000).path'
  fingerpost list --workbox | jq 'map(select(.url | test(\"[.](css|js)$\")))' >precache.json";

#[derive(clap::Args, Debug)]
pub(crate) struct FindArgs {
    /// The asset path, as in a template
    #[arg(value_name = "PATH")]
    pub(crate) path: String,

    #[command(flatten)]
    pub(crate) site: SiteArgs,
}

#[derive(clap::Args, Debug)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct CheckArgs {
    /// Files and directories to check [default: templates and src, if they exist]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Directory of assets, as SOURCE of `collect`; may be repeated
    #[arg(long = "source", value_name = "SOURCE")]
    sources: Vec<SourceDir>,

    /// The base URL of all assets: a path, or a URL with scheme and host [default: /static/]
    #[arg(long, value_name = "URL", value_parser = parse_base_url)]
    base_url: Option<String>,

    /// Also report assets that no checked file and no asset names
    #[arg(long)]
    pub(crate) unused: bool,

    /// Print the report as JSON, or the errors and warnings of a failed check
    #[arg(long)]
    pub(crate) json: bool,
}

const CHECK_HELP: &str = "\
Examples:
  fingerpost check
  fingerpost check templates src --source static
  fingerpost check --unused --json

Rules in the table [check.rules], with the severity error, warn or ignore:
  missing = \"error\"       the name of an asset that does not exist; at most a warning in Rust, if the receiver of the
                          call is not in `receivers` of the table [check]
  hard-coded = \"warn\"     a URL below the base URL in an HTML attribute
  dynamic = \"ignore\"      a name that is computed at run time
  unused = \"ignore\"       an asset that nothing names
  \"templates/mail/**\".hard-coded = \"ignore\"    a severity for some files";

#[derive(clap::Args, Debug)]
pub(crate) struct VersionArgs {
    /// The output directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Print the version and its source as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args, Debug)]
#[command(after_help = BUST_TOKEN_HELP)]
pub(crate) struct BustTokenArgs {
    /// Read the secret from this file instead of FINGERPOST_SECRET, `-` for standard input; a trailing line end is removed
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
}

const BUST_TOKEN_HELP: &str = "\
The secret must be the same as on the server, and at least 16 bytes long. `openssl rand -hex 32` generates a secret. A
secret cannot be passed as an argument, because every user of a machine can read arguments in the list of processes.

Examples:
  curl -X POST https://example.com/cache/bust -H \"Authorization: Bearer $(fingerpost bust-token)\"
  fingerpost bust-token --secret-file /run/secrets/fingerpost";

impl Args {
    /// Parses the command line. Exits with code 2 on wrong usage.
    pub(crate) fn from_command_line() -> Self {
        let matches = Self::command().color(color_choice(env::args_os())).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|err| err.exit())
    }

    /// Returns the usage error of clap for `command`.
    pub(crate) fn usage_error(command: &str, message: &str) -> clap::Error {
        let mut program = Self::command().color(color_choice(env::args_os()));
        program.build();
        let command = program.find_subcommand_mut(command).expect("a command of this program");
        command.error(ErrorKind::MissingRequiredArgument, message)
    }

    /// Returns the path of the settings file, which may not exist.
    pub(crate) fn settings_file(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new(SETTINGS_FILE))
    }

    /// Reads the settings file, without the overrides of flags and environment.
    pub(crate) fn settings(&self) -> Result<Settings, fingerpost::Error> {
        match &self.config {
            Some(file) => Settings::read(file),
            None if fs::exists(SETTINGS_FILE).unwrap_or(true) => Settings::read(SETTINGS_FILE),
            None => Ok(Settings::default()),
        }
    }
}

impl SiteArgs {
    /// Overrides the settings with the flags, and adds the globs of `--ignore`.
    pub(crate) fn apply_to(&self, mut settings: Settings) -> Settings {
        if !self.sources.is_empty() {
            settings.sources.clone_from(&self.sources);
        }
        settings.out = self.out.clone().or(settings.out);
        settings.base_url = Some(settings.base_url_in_force(self.base_url.as_deref()));
        settings.ignore.extend_from_slice(&self.ignore);
        settings.hidden = self.hidden.unwrap_or(settings.hidden);
        settings.follow_symlinks = self.follow_symlinks.unwrap_or(settings.follow_symlinks);
        settings
    }
}

impl CollectArgs {
    /// Overrides the table `[collect]` with the flags.
    pub(crate) fn configure(&self, settings: Settings) -> CollectConfig {
        let mut config = CollectConfig::from_settings(settings)
            .wait(!self.run.no_wait)
            .verify(self.verify)
            .dry_run(self.run.dry_run);
        if let Some(list) = &self.compress {
            config = config.compress(list.iter().map(Compression::to_string));
            if list.is_empty() {
                config = config.compress_maps([""; 0]);
            }
        }
        config = set(config, self.shadowed, |config, severity| config.severity(Rule::Shadowed, severity));
        for rule in [Rule::Missing, Rule::MissingMap, Rule::LeavesBase] {
            config = set(config, self.missing, |config, severity| config.severity(rule, severity));
        }
        config = set(config, self.delta_versions, CollectConfig::delta_versions);
        config = set(config, self.originals, CollectConfig::originals);
        config = set(config, self.pack.as_ref(), CollectConfig::pack);
        config = set(config, self.keep_from.as_ref(), CollectConfig::keep_from);
        set(config, self.fsync, CollectConfig::fsync)
    }
}

impl CheckArgs {
    /// Overrides the settings with the flags.
    pub(crate) fn apply_to(&self, mut settings: Settings) -> Settings {
        if !self.sources.is_empty() {
            settings.sources.clone_from(&self.sources);
        }
        settings.base_url = Some(settings.base_url_in_force(self.base_url.as_deref()));
        settings
    }

    /// Overrides the table `[check]` with the flags.
    pub(crate) fn configure(&self, settings: Settings) -> CheckConfig {
        let base_url = settings.base_url.clone().unwrap_or_default();
        let config = CheckConfig::from_settings(settings).base_url(base_url);
        if self.paths.is_empty() { config } else { config.paths(&self.paths) }
    }
}

impl CleanArgs {
    /// Overrides the table `[clean]` with the flags.
    pub(crate) fn configure(&self, settings: Settings) -> CleanConfig {
        let config = CleanConfig::from_settings(settings).wait(!self.run.no_wait).dry_run(self.run.dry_run);
        let config = set(config, self.keep, CleanConfig::keep);
        set(config, self.older_than, CleanConfig::older_than)
    }
}

impl RollbackArgs {
    pub(crate) fn apply_to(&self, mut settings: Settings) -> Settings {
        settings.out = self.out.clone().or(settings.out);
        settings
    }

    pub(crate) fn configure(&self, settings: Settings) -> RollbackConfig {
        let config =
            RollbackConfig::from_settings(settings).wait(!self.run.no_wait).dry_run(self.run.dry_run);
        let config = set(config, self.number, RollbackConfig::release);
        set(config, self.originals, RollbackConfig::originals)
    }
}

impl ListArgs {
    pub(crate) fn apply_to(&self, mut settings: Settings) -> Settings {
        settings.out = self.out.clone().or(settings.out);
        settings.base_url = Some(settings.base_url_in_force(self.base_url.as_deref()));
        settings
    }
}

/// Applies `setter` to `config`, if the flag is present.
fn set<C, T>(config: C, flag: Option<T>, setter: impl FnOnce(C, T) -> C) -> C {
    match flag {
        Some(value) => setter(config, value),
        None => config,
    }
}

/// Returns the value of `--color` without parsing the other flags, because usage errors also have the requested colors.
fn color_choice(args: impl IntoIterator<Item = OsString>) -> ColorChoice {
    let args: Vec<_> = args.into_iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let separate = args.windows(2).filter(|pair| pair[0] == "--color").map(|pair| pair[1].as_str());
    let joined = args.iter().filter_map(|arg| arg.strip_prefix("--color="));
    separate.chain(joined).find_map(|when| when.parse().ok()).unwrap_or_default()
}

fn parse_base_url(url: &str) -> Result<String, fingerpost::Error> {
    BaseUrl::parse(url).map(|_| url.to_owned())
}

/// The value of `--compress`. A type alias, because clap treats a `Vec` field as a repeatable flag.
type CompressionList = Vec<Compression>;

fn parse_compression(list: &str) -> Result<CompressionList, fingerpost::Error> {
    let names = (list != "none").then(|| list.split(','));
    Compression::list(names.into_iter().flatten())
}

fn parse_glob(glob: &str) -> Result<String, fingerpost::Error> {
    IgnoreRules::new([glob], false, false).map(|_| glob.to_owned())
}

fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::as_str))
        .try_map(|severity| severity.parse::<Severity>())
}
