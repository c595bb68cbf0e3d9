//! Replaces `bucket.rs` in a program without the feature `store`.

use std::{
    io,
    path::{Path, PathBuf},
};

use fingerpost::{Settings, Store};

use crate::{
    args::{CleanArgs, PublishArgs, RollbackArgs},
    exit::Exit,
    printer::Printer,
};

/// A type without values, because this program cannot open buckets.
#[derive(Debug)]
pub(crate) enum BucketStore {}

impl Store for BucketStore {
    fn place(&self) -> String {
        match *self {}
    }

    fn read(&self, _path: &str) -> io::Result<Vec<u8>> {
        match *self {}
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        match *self {}
    }
}

pub(crate) fn publish(
    _args: &PublishArgs,
    _out: &Path,
    _settings: &Settings,
    _printer: &Printer,
) -> Result<(), Exit> {
    Err(unavailable("publish"))
}

pub(crate) fn open(
    _url: &str,
    _settings: &Settings,
    _json: bool,
    _printer: &Printer,
) -> Result<BucketStore, Exit> {
    Err(unavailable("--at"))
}

/// A type without values, because this program cannot download releases.
pub(crate) enum DownloadedReleases {}

impl DownloadedReleases {
    pub(crate) fn path(&self) -> PathBuf {
        match *self {}
    }
}

pub(crate) fn download(
    _url: &str,
    _settings: &Settings,
    _json: bool,
    _printer: &Printer,
) -> Result<DownloadedReleases, Exit> {
    Err(unavailable("keep-from URL"))
}

pub(crate) fn rollback(
    _url: &str,
    _args: &RollbackArgs,
    _settings: &Settings,
    _printer: &Printer,
) -> Result<(), Exit> {
    Err(unavailable("--at"))
}

pub(crate) fn clean(
    _url: &str,
    _args: &CleanArgs,
    _settings: &Settings,
    _verbose: bool,
    _printer: &Printer,
) -> Result<(), Exit> {
    Err(unavailable("--at"))
}

fn unavailable(used: &str) -> Exit {
    let advice = "install it with `cargo install fingerpost-cli --features store`";
    Exit::failed(format_args!(
        "`{used}` needs the feature `store`, which this program was built without; {advice}"
    ))
}
