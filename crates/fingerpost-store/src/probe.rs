//! Checks that a store respects the conditions of writes.

use std::time::Instant;

use object_store::{PutMode, UpdateVersion};

use crate::{
    attributes,
    error::{Error, ErrorKind},
    objects::{Objects, Put},
    random::random,
};

/// The clock of a store. The clocks of the machines that publish may differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreClock {
    milliseconds: i64,
    read: Instant,
}

impl StoreClock {
    /// Returns the time in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.milliseconds + i64::try_from(self.read.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// Writes, changes and deletes an object with a random name. Fails if the store ignores a condition.
pub(crate) async fn probe(objects: &Objects) -> Result<StoreClock, Error> {
    let name = format!(".fingerpost/probe-{:016x}", random());
    let clock = try_conditions(objects, &name).await;
    if matches!(&clock, Err(err) if err.kind() == ErrorKind::Credentials) {
        return clock;
    }
    // A write may have succeeded although its response is an error.
    let deleted = objects.delete_one(&name).await;
    let clock = clock?;
    deleted.map(|()| clock)
}

async fn try_conditions(objects: &Objects, name: &str) -> Result<StoreClock, Error> {
    let put = async |text: &'static str, mode: PutMode| {
        objects.put(name, text.into(), mode, attributes::probe(text.as_bytes())).await
    };
    put("created", PutMode::Create).await?;
    let Some(created) = objects.get(name).await? else { return Err(objects.unconditional()) };
    let clock = StoreClock { milliseconds: created.written, read: Instant::now() };
    let first: UpdateVersion = created.version;
    let is_refused = |put: &Put| matches!(put, Put::Refused);
    let created_twice = put("created twice", PutMode::Create).await?;
    let updated = put("updated", PutMode::Update(first.clone())).await?;
    let updated_twice = put("updated from an old version", PutMode::Update(first)).await?;
    // After a broken connection, a repeated update may be refused although the first attempt has succeeded.
    let is_updated =
        !is_refused(&updated) || objects.get(name).await?.is_some_and(|object| &*object.bytes == b"updated");
    if !is_refused(&created_twice) || !is_updated || !is_refused(&updated_twice) {
        return Err(objects.unconditional());
    }
    Ok(clock)
}
