//! Traits that every public type implements.

use std::fmt::Debug;

use fingerpost::{
    __private::{BaselineFile, FileStamp, Prebuilt, Reading, Severity, TokenAge},
    AppVersion, AssetPath, Assets, AssetsBuilder, BaseUrl, DirStore, Error, ErrorKind, Mode, OnMissing,
    Settings, Snapshot, Store, Strategy, Token, Url, VersionSource,
    manifest::{ContentHash, Digest, EncodingInfo, Entry, FileInfo, Manifest, Release},
    sources::{IgnoreRules, Listing, SourceDir, SourceFile, Sources},
};

use crate::support::{Dir, dev, production, publish};

fn shared<T: Debug + Send + Sync + 'static>() -> &'static str {
    std::any::type_name::<T>()
}

fn cloned<T: Debug + Clone + Send + Sync + 'static>() -> &'static str {
    std::any::type_name::<T>()
}

#[test]
fn public_types_are_send_sync_and_debug() {
    let types = [
        shared::<AssetsBuilder>(),
        shared::<Box<dyn Store>>(),
        shared::<Listing>(),
        shared::<Prebuilt<Url>>(),
        cloned::<AppVersion>(),
        cloned::<AssetPath>(),
        cloned::<Assets>(),
        cloned::<BaseUrl>(),
        cloned::<ContentHash>(),
        cloned::<Digest>(),
        cloned::<DirStore>(),
        cloned::<EncodingInfo>(),
        cloned::<Entry>(),
        cloned::<Error>(),
        cloned::<ErrorKind>(),
        cloned::<FileInfo>(),
        cloned::<Severity>(),
        cloned::<BaselineFile>(),
        cloned::<Manifest>(),
        cloned::<Mode>(),
        cloned::<OnMissing>(),
        cloned::<Reading<Url>>(),
        cloned::<Release>(),
        cloned::<IgnoreRules>(),
        cloned::<Settings>(),
        cloned::<Snapshot>(),
        cloned::<SourceDir>(),
        cloned::<SourceFile>(),
        cloned::<Sources>(),
        cloned::<FileStamp>(),
        cloned::<Strategy>(),
        cloned::<Token>(),
        cloned::<TokenAge>(),
        cloned::<Url>(),
        cloned::<VersionSource>(),
    ];
    assert!(types.iter().all(|name| name.contains("fingerpost")), "{types:?}");
}

#[test]
fn debug_output_is_short() {
    let output = publish(&[("a.css", "a")], "/static/");
    let assets = production(&output).app_version("v1").build().unwrap();
    let shown = r#"Assets { mode: Production, base_url: "/static/", app_version: "v1", .. }"#;
    assert_eq!(format!("{assets:?}"), shown);
    assert_eq!(format!("{:?}", assets.snapshot()), r#"Snapshot { app_version: "v1", .. }"#);
    assert!(format!("{:?}", assets.url("a.css").unwrap()).starts_with("\"/static/a."));
}

#[test]
fn error_is_clone_and_has_no_source() {
    let err = dev(&Dir::new()).build().unwrap().url("a.css").unwrap_err();
    assert_eq!(err.clone().to_string(), err.to_string());
    assert!(std::error::Error::source(&err).is_none());
    assert!(format!("{err:?}").starts_with("Error(NotFound: asset `a.css` was not found"));
}

#[test]
fn in_template_adds_the_template_name_and_preserves_the_kind() {
    let err = dev(&Dir::new()).build().unwrap().url("../a.css").unwrap_err().in_template("site::Page<'_>");
    assert_eq!(err.to_string(), "path `../a.css` leaves the asset directory (in template `site::Page<'_>`)");
    assert_eq!(err.kind(), ErrorKind::InvalidPath);
}
