//! Tests of the table `[publish]`, and of the URLs of buckets.

use std::{fs, time::Duration};

use fingerpost::Settings;
use fingerpost_store::{Bucket, ErrorKind, PublishSettings, download_pack};

#[track_caller]
fn refused(url: &str) -> String {
    let err = Bucket::open(url).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Config);
    err.to_string()
}

#[test]
fn url_of_another_service_is_refused() {
    const ADVICE: &str = "is not the URL of a bucket; write `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` \
                          or `file:///DIR`";
    assert_eq!(refused("ftp://example.com/a"), format!("`ftp://example.com/a` {ADVICE}"));
    assert_eq!(refused("assets"), format!("`assets` {ADVICE}"));
    assert_eq!(refused("https://example.com/a"), format!("`https://example.com/a` {ADVICE}"));
}

#[test]
fn url_with_credentials_is_refused_and_not_printed() {
    assert_eq!(
        refused("s3://AKIA:secret@assets/static"),
        "the URL of the bucket `assets` contains credentials; pass them as environment variables"
    );
    assert_eq!(
        refused("az://assets/static?sv=1&sig=secret"),
        "the URL of the bucket `assets` has a query or fragment; remove it, and pass credentials as environment variables"
    );
}

#[test]
fn mistakes_in_the_table_are_reported_together() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("fingerpost.toml");
    fs::write(&file, "[publish]\nt0 = 's3://assets'\nlease = '5'\n").unwrap();
    let err = PublishSettings::read(&Settings::read(&file).unwrap()).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Config);
    let text = err.to_string();
    assert!(text.contains("line 2: unknown key `t0` in `[publish]`; did you mean `to`?"), "{text}");
    assert!(text.contains("line 3: `lease` in `[publish]`: duration `5` is invalid"), "{text}");
}

#[test]
fn time_limit_of_zero_is_refused() {
    let err = Bucket::open_with_time_limit("memory:///", Duration::ZERO).unwrap_err();
    assert_eq!(
        (err.kind(), err.to_string()),
        (
            ErrorKind::Config,
            "the time limit of a request is 0, so every request would fail; set a longer time, such as `30s`"
                .to_owned()
        )
    );
}

#[test]
fn lease_of_zero_is_refused() {
    let mut settings = PublishSettings::default();
    settings.lease = Some(Duration::ZERO);
    let expected =
        "the lock of a run would expire at once with a time of 0; set a longer time, such as `60s`";
    assert_eq!(settings.open("memory:///").unwrap_err().to_string(), expected);
}

#[test]
fn longest_time_limit_is_accepted() {
    let (dir, bucket) =
        (tempfile::tempdir().unwrap(), Bucket::open_with_time_limit("memory:///", Duration::MAX));
    assert!(!download_pack(&bucket.unwrap(), dir.path().join("pack.tar")).unwrap());
}
