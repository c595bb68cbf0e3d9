//! The URL of a bucket.

use std::{path, sync::Arc, time::Duration};

use fingerpost::__private::quoted;
use object_store::{
    BackoffConfig, ClientConfigKey, ObjectStore, ObjectStoreScheme, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    local::LocalFileSystem,
    memory::InMemory,
    path::Path,
};
use url::Url;

use crate::{
    error::{Error, ErrorKind},
    provider::Provider,
    store_error,
};

/// A store, and the prefix of the objects in the store.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) prefix: Path,
    /// The URL for messages.
    pub(crate) place: String,
    pub(crate) provider: Provider,
}

/// Parses a URL, and creates the store with the credentials of the environment. Sends no request.
pub(crate) fn open(text: &str, time_limit: Duration) -> Result<Location, Error> {
    let url = parse(text)?;
    let (scheme, prefix) = ObjectStoreScheme::parse(&url).map_err(|_| unsupported(text))?;
    let place = url.as_str().trim_end_matches('/').to_owned();
    let provider = match scheme {
        ObjectStoreScheme::AmazonS3 => Provider::S3,
        ObjectStoreScheme::GoogleCloudStorage => Provider::Gcs,
        ObjectStoreScheme::MicrosoftAzure => Provider::Azure,
        ObjectStoreScheme::Local => Provider::Local,
        ObjectStoreScheme::Memory => Provider::Other,
        _ => return Err(unsupported(text)),
    };
    // Sets the cryptography provider of rustls. A provider that the process has set before takes precedence.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = build(provider, &url, time_limit)
        .map_err(|err| store_error::describe(&err, "open", &place, &place, provider))?;
    let prefix = if provider == Provider::Local { Path::default() } else { prefix };
    Ok(Location { store, prefix, place, provider })
}

fn build(provider: Provider, url: &Url, time_limit: Duration) -> object_store::Result<Arc<dyn ObjectStore>> {
    // The last attempt must end within the time limit, because only the error of the last attempt has the cause.
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: time_limit / 8, base: 2. };
    let retry = RetryConfig { backoff, max_retries: 6, retry_timeout: time_limit / 5 * 3 };
    let connect = (time_limit / 4).min(Duration::from_secs(5));
    // `Objects` limits the time of each request, because the time limit of an upload depends on the size.
    let options = [
        (ClientConfigKey::Timeout, "1 day".to_owned()),
        (ClientConfigKey::ConnectTimeout, format!("{} ms", connect.as_millis())),
    ];
    Ok(match provider {
        Provider::S3 => {
            let builder = AmazonS3Builder::from_env().with_url(url.as_str()).with_retry(retry);
            let set = |builder: AmazonS3Builder, (key, value)| {
                builder.with_config(AmazonS3ConfigKey::Client(key), value)
            };
            Arc::new(options.into_iter().fold(builder, set).build()?)
        }
        Provider::Gcs => {
            let builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).with_retry(retry);
            let set = |builder: GoogleCloudStorageBuilder, (key, value)| {
                builder.with_config(GoogleConfigKey::Client(key), value)
            };
            Arc::new(options.into_iter().fold(builder, set).build()?)
        }
        Provider::Azure => {
            let builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str()).with_retry(retry);
            let set = |builder: MicrosoftAzureBuilder, (key, value)| {
                builder.with_config(AzureConfigKey::Client(key), value)
            };
            Arc::new(options.into_iter().fold(builder, set).build()?)
        }
        Provider::Local => Arc::new(local(url)?),
        Provider::Other => Arc::new(InMemory::new()),
    })
}

/// Opens a directory as a store. Creates the directory, because `LocalFileSystem` requires an existing directory.
fn local(url: &Url) -> object_store::Result<LocalFileSystem> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
        store: "LocalFileSystem",
        source,
    };
    let dir = url.to_file_path().map_err(|()| failed("the URL is not the path of a directory".into()))?;
    std::fs::create_dir_all(&dir).map_err(|err| failed(err.into()))?;
    LocalFileSystem::new_with_prefix(dir)
}

fn parse(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|_| unsupported(text))?;
    let is_azure_account = url.scheme().starts_with("abfs") && url.password().is_none();
    if !is_azure_account && (!url.username().is_empty() || url.password().is_some()) {
        let message = format!(
            "the URL of the bucket {} contains credentials; pass them as environment variables",
            quoted(url.host_str().unwrap_or_default())
        );
        return Err(Error::new(ErrorKind::Config, message));
    }
    if url.query().is_some() || url.fragment().is_some() {
        let message = format!(
            "the URL of the bucket {} has a query or fragment; remove it, and pass credentials as environment variables",
            quoted(url.host_str().unwrap_or_default())
        );
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(url)
}

/// Returns the error for an unsupported URL. The message omits a URL that may contain credentials.
fn unsupported(text: &str) -> Error {
    let has_secret = text.contains(['@', '?']);
    let shown = if has_secret { "the URL of the bucket".to_owned() } else { quoted(text) };
    let message = format!(
        "{shown} is not the URL of a bucket; write `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or \
         `file:///DIR`"
    );
    Error::new(ErrorKind::Config, message)
}

/// Returns the URL of a directory, for tests and sites on one machine.
pub(crate) fn of_dir(dir: &path::Path) -> Option<String> {
    Some(Url::from_directory_path(path::absolute(dir).ok()?).ok()?.as_str().trim_end_matches('/').to_owned())
}
