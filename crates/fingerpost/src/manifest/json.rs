//! How a manifest stands in its file.

use std::{collections::BTreeMap, fmt, io, marker::PhantomData, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Entries, Entry, FileInfo, Manifest};
use crate::{error::Error, path::AssetPath, text::quoted};

const VERSION: &str = "1.1";
const SCHEMA: u64 = 1;

/// Reads a manifest; `place` is what errors call it.
pub(super) fn parse(json: &[u8], place: &str) -> Result<Manifest, Error> {
    let broken = |err: serde_json::Error| Error::manifest(place, format!("cannot be read: {err}"));
    // Serde would take an array for a struct.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::manifest(place, "is not a JSON object"));
    }
    serde_json::from_slice::<Versions>(json).map_err(broken)?.check(place)?;
    let file: ManifestFile = serde_json::from_slice(json).map_err(broken)?;
    let Some(UniqueMap(paths)) = file.paths else {
        return Err(Error::manifest(place, "has no `paths`"));
    };
    let (base_path, UniqueMap(mut infos)) =
        file.fingerpost.map(|Object(ours)| (ours.base_path, ours.files)).unwrap_or_default();
    let entry = |(path, Hashed(hashed))| {
        let info = infos.remove(&path).map(|Object(info)| info);
        (path, Entry { hashed, info })
    };
    let entries = paths.into_iter().map(entry).collect();
    Ok(Manifest { entries: Arc::new(entries), base_path, read_hash: Some(file.hash.unwrap_or_default()) })
}

/// Writes anything with a final line feed.
pub(crate) fn write(value: &impl Serialize, mut writer: impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut writer, value)?;
    writer.write_all(b"\n")
}

/// What has to be known before anything else in the file is believed.
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
                format!("has {key} {found}; this program reads {known}: collect again, or update it")
            }
            None => format!("has no `{key}`"),
        };
        if !self.version.as_ref().is_some_and(|version| version == "1.0" || version == VERSION) {
            let reason = unsupported("version", self.version.as_ref(), "\"1.0\" and \"1.1\"");
            return Err(Error::manifest(place, reason));
        }
        match &self.fingerpost {
            Some(Object(ours))
                if ours.schema.as_ref().and_then(serde_json::Value::as_u64) != Some(SCHEMA) =>
            {
                Err(Error::manifest(place, unsupported("schema", ours.schema.as_ref(), "1")))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct ManifestFile {
    hash: Option<String>,
    paths: Option<UniqueMap<Hashed>>,
    fingerpost: Option<Object<Ours>>,
}

#[derive(Deserialize)]
struct Ours {
    base_path: Option<String>,
    #[serde(default)]
    files: UniqueMap<Object<FileInfo>>,
}

/// A JSON object. Serde alone would take an array for a struct, too.
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

/// A hashed path that stays inside the output dir.
struct Hashed(String);

impl<'de> Deserialize<'de> for Hashed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        AssetPath::parse(&text).map_err(de::Error::custom)?;
        Ok(Self(text))
    }
}

/// What may stand in an `integrity` attribute, and nothing else: adapters put it there as it is.
pub(super) fn integrity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let hash = ["sha256-", "sha384-", "sha512-"].iter().find_map(|algorithm| text.strip_prefix(algorithm));
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if hash.is_some_and(|hash| !hash.is_empty() && hash.bytes().all(is_base64)) {
        Ok(Some(text))
    } else {
        Err(de::Error::custom(format_args!("{} is no `integrity` value", quoted(&text))))
    }
}

/// A JSON object whose keys are asset paths, each only once.
struct UniqueMap<V>(BTreeMap<AssetPath, V>);

impl<V> Default for UniqueMap<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueMapVisitor(PhantomData))
    }
}

struct UniqueMapVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> de::Visitor<'de> for UniqueMapVisitor<V> {
    type Value = UniqueMap<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with asset paths as keys")
    }

    fn visit_map<M: de::MapAccess<'de>>(self, mut access: M) -> Result<Self::Value, M::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let path = AssetPath::parse(&key).map_err(de::Error::custom)?;
            if map.insert(path, access.next_value()?).is_some() {
                return Err(de::Error::custom(format_args!("path `{key}` stands there twice")));
            }
        }
        Ok(UniqueMap(map))
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fingerpost = OursOut { schema: SCHEMA, base_path: self.base_path(), files: &self.entries };
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
    fingerpost: OursOut<'a>,
}

#[derive(Serialize)]
struct OursOut<'a> {
    schema: u64,
    base_path: Option<&'a str>,
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
