//! The JSON format of manifests.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, btree_map},
    fmt, io,
    marker::PhantomData,
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ComponentInfo, Entries, Entry, FileInfo, Manifest};
use crate::{error::Error, manifest::check_name, quote::quoted, url::asset_path::AssetPath};

const VERSION: &str = "1.1";
const SCHEMA: u64 = 1;

impl Manifest {
    /// Parses a manifest; `place` is its name in errors.
    ///
    /// Unknown keys are ignored, and `hash` is optional.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidManifest`](crate::ErrorKind::InvalidManifest) for malformed JSON or JSON that is not an
    /// object, an unsupported `version` or `schema`, missing `paths`, an unsafe or duplicate path, and a component
    /// without a valid name, `files` and `sha256`.
    pub fn parse(json: &[u8], place: &str) -> Result<Self, Error> {
        let broken = |err: serde_json::Error| Error::manifest(place, format!("cannot be read: {err}"));
        // Serde also deserializes a struct from an array.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(Error::manifest(place, "is not a JSON object"));
        }
        serde_json::from_slice::<Versions>(json).map_err(broken)?.check(place)?;
        let file: ManifestFile = serde_json::from_slice(json).map_err(broken)?;
        let Some(UniqueMap(paths)) = file.paths else {
            return Err(Error::manifest(place, "has no `paths`"));
        };
        let Object(FingerpostSection {
            base_path,
            components: UniqueMap(components),
            files: UniqueMap(mut infos),
        }) = file.fingerpost.unwrap_or_default();
        let components = components.into_iter().map(|(name, Object(info))| (name, info)).collect();
        let entry = |(path, Hashed(hashed))| {
            let info = infos.remove(&path).map(|Object(info)| info);
            (path, Entry { hashed, info })
        };
        let entries = paths.into_iter().map(entry).collect();
        let read_hash = Some(file.hash.unwrap_or_default());
        Ok(Self { entries: Arc::new(entries), base_path, components, read_hash })
    }

    /// Returns the manifest as JSON, with sorted keys and a final line feed.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        self.write_to(&mut json).expect("writing to memory cannot fail");
        json
    }

    /// Writes the result of [`to_json`](Self::to_json) in pieces; a buffered writer is faster.
    ///
    /// # Errors
    ///
    /// Errors of the writer.
    pub fn write_to(&self, writer: impl io::Write) -> io::Result<()> {
        write(self, writer)
    }
}

/// Writes a value as JSON, with a final line feed.
pub(crate) fn write(value: &impl Serialize, mut writer: impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut writer, value)?;
    writer.write_all(b"\n")
}

/// The versions, checked before the rest is parsed.
#[derive(Deserialize)]
struct Versions {
    version: Option<serde_json::Value>,
    fingerpost: Option<Object<SchemaOnly>>,
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: Option<serde_json::Value>,
}

impl Versions {
    fn check(&self, place: &str) -> Result<(), Error> {
        let unsupported = |key, found: Option<&serde_json::Value>, known| match found {
            Some(found) => {
                format!(
                    "has {key} {found}; this program reads {known}; run `fingerpost collect` again, or update the program"
                )
            }
            None => format!("has no `{key}`"),
        };
        if !self.version.as_ref().is_some_and(|version| version == "1.0" || version == VERSION) {
            let reason = unsupported("version", self.version.as_ref(), "\"1.0\" and \"1.1\"");
            return Err(Error::manifest(place, reason));
        }
        match &self.fingerpost {
            Some(Object(section))
                if section.schema.as_ref().and_then(serde_json::Value::as_u64) != Some(SCHEMA) =>
            {
                Err(Error::manifest(place, unsupported("schema", section.schema.as_ref(), "1")))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct ManifestFile {
    hash: Option<String>,
    paths: Option<UniqueMap<AssetPath, Hashed>>,
    fingerpost: Option<Object<FingerpostSection>>,
}

#[derive(Default, Deserialize)]
struct FingerpostSection {
    base_path: Option<String>,
    #[serde(default)]
    components: UniqueMap<String, Object<ComponentInfo>>,
    #[serde(default)]
    files: UniqueMap<AssetPath, Object<FileInfo>>,
}

/// A JSON object. Serde would also deserialize a struct from an array.
#[derive(Default)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: de::MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Object)
    }
}

/// A hashed path inside the output directory.
struct Hashed(String);

impl<'de> Deserialize<'de> for Hashed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        AssetPath::parse(&text).map_err(de::Error::custom)?;
        Ok(Self(text))
    }
}

/// A key of a [`UniqueMap`].
trait Key: Ord + Borrow<str> + Sized {
    /// The noun for a key in messages.
    const NOUN: &'static str;

    fn parse(key: String) -> Result<Self, Error>;
}

impl Key for AssetPath {
    const NOUN: &'static str = "asset path";

    fn parse(key: String) -> Result<Self, Error> {
        Self::parse(&key)
    }
}

/// The name of a component.
impl Key for String {
    const NOUN: &'static str = "component";

    fn parse(key: String) -> Result<Self, Error> {
        check_name(&key).map(|()| key)
    }
}

/// A JSON object without duplicate keys.
struct UniqueMap<K, V>(BTreeMap<K, V>);

impl<K, V> Default for UniqueMap<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, K: Key, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueMapVisitor(PhantomData))
    }
}

struct UniqueMapVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Key, V: Deserialize<'de>> de::Visitor<'de> for UniqueMapVisitor<K, V> {
    type Value = UniqueMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}s as keys", K::NOUN)
    }

    fn visit_map<M: de::MapAccess<'de>>(self, mut access: M) -> Result<Self::Value, M::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let key = K::parse(key).map_err(de::Error::custom)?;
            match map.entry(key) {
                btree_map::Entry::Vacant(free) => drop(free.insert(access.next_value()?)),
                btree_map::Entry::Occupied(first) => {
                    let key = quoted(first.key().borrow());
                    return Err(de::Error::custom(format_args!("{} {key} occurs twice", K::NOUN)));
                }
            }
        }
        Ok(UniqueMap(map))
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fingerpost = FingerpostSectionOut {
            schema: SCHEMA,
            base_path: self.base_path(),
            components: &self.components,
            files: &self.entries,
        };
        ManifestOut { version: VERSION, hash: self.hash(), paths: &self.entries, fingerpost }
            .serialize(serializer)
    }
}

#[derive(Serialize)]
struct ManifestOut<'a> {
    version: &'static str,
    hash: Option<String>,
    #[serde(serialize_with = "hashed_paths")]
    paths: &'a Entries,
    fingerpost: FingerpostSectionOut<'a>,
}

#[derive(Serialize)]
struct FingerpostSectionOut<'a> {
    schema: u64,
    base_path: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    components: &'a BTreeMap<String, ComponentInfo>,
    #[serde(serialize_with = "file_infos")]
    files: &'a Entries,
}

fn hashed_paths<S: Serializer>(entries: &Entries, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(path, entry)| (path.as_str(), &entry.hashed)))
}

fn file_infos<S: Serializer>(entries: &Entries, serializer: S) -> Result<S::Ok, S::Error> {
    serializer
        .collect_map(entries.iter().filter_map(|(path, entry)| Some((path.as_str(), entry.info.as_ref()?))))
}
